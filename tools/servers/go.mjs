// Programs built by Go from the module proxy: pinned by version, checked by Go's checksum database or go.sum.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { has, run } from '../setup/process.mjs';

export function missingForGo() {
  return has('go', ['version']) ? [] : ['go'];
}

/** `go install`s a module into `folder`. */
export function installModule({ module, version, tags = '' }, folder) {
  const args = ['install', '-trimpath', '-tags', tags, '-ldflags', '-s -w', `${module}@${version}`];
  go(args, { env: { GOBIN: folder } });
}

/** Builds a package of the module in `cwd`, and puts the documents that it needs beside it, in one YAML file. */
export function buildPackage({ cwd, name, linkerFlags = '', documents }, program) {
  go(['build', '-trimpath', '-ldflags', `-s -w ${linkerFlags}`, '-o', program, name], { cwd });
  if (documents === undefined) return;
  const source = go(['list', '-m', '-f', '{{.Dir}}', documents.module], { cwd }).trim();
  const texts = documents.paths.map((path) => readFileSync(join(source, path), 'utf8'));
  writeFileSync(join(dirname(program), documents.file), texts.join('---\n'));
}

/** Lowest priority: such a build takes minutes, and something else is usually going on. */
function go(args, { env = {}, ...options }) {
  const nice = process.platform === 'win32' ? [] : ['nice', '-n', '15'];
  const [program, ...rest] = [...nice, 'go', ...args];
  return run(program, rest, {
    ...options,
    env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false', ...env },
  });
}
