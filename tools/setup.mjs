// Makes a checkout ready: packages, TensorFlow, generated code, build. Skips what is current; a second run
// touches no network. `npm start` and `npm test` begin with it.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { digestOf, has, root, run, SetupError, say, unlessCurrent } from './setup/process.mjs';

export async function setup() {
  checkNode();
  ensurePackages();
  // Only now, since packages come first.
  const { ensureTensorflow } = await import('./setup/tensorflow.mjs');
  ensureTensorflow();
  ensureGenerated();
  build();
}

/** Runs `main` after the set-up and turns what is missing for either into one clear message. */
export async function afterSetup(main) {
  let status = 1;
  try {
    await setup();
    status = await main();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
  }
  process.exit(status);
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if ((major === 20 && minor >= 19) || major === 22) return;
  throw new SetupError(`Node ${process.versions.node} will not do: install Node 20 (from 20.19) or 22`);
}

function ensurePackages() {
  const modules = join(root, 'node_modules');
  mkdirSync(modules, { recursive: true });
  unlessCurrent(join(modules, '.alarena-packages'), digestOf([join(root, 'package-lock.json')]), () => {
    if (!has('npm')) throw new SetupError('the program npm is missing: install it');
    say('installing npm packages');
    // Not `npm ci`, which refuses a lockfile without the packages of other platforms: a registry mirror may lack
    // them. Versions are the lockfile's all the same, and it stays as it is.
    run('npm', ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund']);
  });
}

function ensureGenerated() {
  for (const [source, target] of [
    ['proto', 'libs/api'],
    ['libs/compute/proto', 'libs/compute'],
  ]) {
    const generated = join(root, target, 'src/gen');
    const digest = digestOf([join(root, source), join(root, 'package-lock.json')]);
    unlessCurrent(join(generated, '.stamp'), digest, () => {
      say(`generating code from ${source}`);
      run('npm', ['run', 'gen', '--workspace', source === 'proto' ? 'proto' : target]);
    });
  }
}

function build() {
  // Incremental: half a second where nothing has changed.
  run(join(root, 'node_modules/.bin/tsc'), ['-b']);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await afterSetup(() => {
    say('ready');
    return 0;
  });
}
