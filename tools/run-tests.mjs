// Runs the compiled tests below the folders given (default: every workspace), with node's own runner. It exists
// because Node 20 has no patterns in `node --test` and Node 22 no folders.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './setup/process.mjs';

/** All files below `folder` whose names end so. */
function testFiles(folder, ending) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return testFiles(path, ending);
      return entry.name.endsWith(ending) ? [path] : [];
    });
}

/** Of one file: what leaves something open would otherwise hang for ever. */
const limitMs = 20 * 60_000;

/** Returns the exit status of the runner; 1 where there is no test at all. */
export function runTests(folders, { ending = '.test.js', concurrency = 2 } = {}) {
  const files = folders.flatMap((folder) => testFiles(join(folder, 'dist'), ending));
  if (files.length === 0) {
    process.stderr.write(`no compiled test below ${folders.join(', ')}\n`);
    return 1;
  }
  const options = [`--test-concurrency=${concurrency}`, `--test-timeout=${limitMs}`];
  const args = ['--enable-source-maps', '--test', ...options, ...files];
  return spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1;
}

/** Every workspace with code. */
export function workspaces() {
  const groups = ['libs', 'services', 'tests'].flatMap((group) =>
    readdirSync(join(root, group))
      .sort()
      .map((name) => join(root, group, name)),
  );
  return [...groups, join(root, 'deploy/tests')];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const folders = process.argv.slice(2);
  process.exit(runTests(folders.length > 0 ? folders : workspaces()));
}
