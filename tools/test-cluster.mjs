// `npm run test:cluster [-- FOLDER ...]`: sets up, then runs the tests that need a Kubernetes cluster (`*.cluster.ts`),
// one after the other: each has a control plane of its own.
import { runTests, workspaces } from './run-tests.mjs';
import { ensureServers } from './servers/ensure.mjs';
import { afterSetup } from './setup.mjs';

await afterSetup(() => {
  ensureServers(['nats', 'seaweedfs', 'helm', 'kubernetes', 'kwok', 'minio', 'promtool']);
  const folders = process.argv.slice(2);
  return runTests(folders.length > 0 ? folders : workspaces(), { ending: '.cluster.js', concurrency: 1 });
});
