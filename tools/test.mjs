// `npm test [-- FOLDER ...]`: sets up, then runs every test, or those of the workspaces named.
import { runTests, workspaces } from './run-tests.mjs';
import { ensureServers } from './servers/ensure.mjs';
import { afterSetup } from './setup.mjs';

await afterSetup(() => {
  const folders = process.argv.slice(2);
  if (folders.length > 0) return runTests(folders);
  // Beforehand, and by name: what takes minutes to get should not look like a test that hangs.
  ensureServers(['nats', 'seaweedfs', 'minio']);
  return runTests(workspaces());
});
