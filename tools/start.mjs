// `npm start [-- SPEC.yaml ...]`: the main job, a comparison of four strategies on MNIST.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './setup/process.mjs';
import { afterSetup } from './setup.mjs';

await afterSetup(() => {
  const given = process.argv.slice(2);
  const args = ['compare', ...(given.length > 0 ? given : ['examples/mnist-quick.yaml'])];
  const bin = join(root, 'services/cli/bin/alarena.js');
  // The terminal sends its signals to both processes: the comparison decides when to end.
  process.on('SIGINT', () => {});
  const result = spawnSync(process.execPath, [bin, ...args], { cwd: root, stdio: 'inherit' });
  return result.status ?? 130;
});
