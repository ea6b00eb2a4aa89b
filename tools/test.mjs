// `npm test [-- FOLDER ...]`: sets up, then runs every test, or those of the workspaces named.
import { runTests, workspaces } from './run-tests.mjs';
import { afterSetup } from './setup.mjs';

await afterSetup(() => {
  const folders = process.argv.slice(2);
  return runTests(folders.length > 0 ? folders : workspaces());
});
