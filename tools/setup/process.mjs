// Child processes and messages of the set-up. Plain JavaScript: nothing is installed or built yet.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** What only a new machine pays for: `$XDG_CACHE_HOME/alarena`, by default `~/.cache/alarena`. */
export const cacheFolder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'alarena');

export class SetupError extends Error {}

/** One line on stderr: stdout belongs to what is run after the set-up. */
export function say(message) {
  process.stderr.write(`[setup] ${message}\n`);
}

/** Whether a program can be started. */
export function has(program, args = ['--version']) {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

/** Runs a program; its output is shown only where it fails. */
export function run(program, args, options = {}) {
  const result = spawnSync(program, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    shell: process.platform === 'win32',
    ...options,
  });
  if (result.error?.code === 'ENOENT') throw new SetupError(`the program ${program} is missing: install it`);
  if (result.status !== 0) {
    const lines = `${result.stdout ?? ''}${result.stderr ?? ''}`.trim().split('\n');
    // The cause stands at the beginning or at the end; what lies between is seldom read.
    const shown = lines.length <= 30 ? lines : [...lines.slice(0, 15), '...', ...lines.slice(-15)];
    const output = shown.join('\n');
    throw new SetupError(
      `${program} ${args.slice(0, 3).join(' ')} failed (exit ${result.status})\n${output}`,
    );
  }
  return result.stdout;
}

/** SHA-256 over the names and bytes of files and folders. */
export function digestOf(paths) {
  const hash = createHash('sha256');
  const visit = (path) => {
    if (!existsSync(path)) return;
    if (statSync(path).isDirectory()) {
      for (const name of readdirSync(path).sort()) {
        if (name !== 'node_modules') visit(join(path, name));
      }
      return;
    }
    hash.update(relative(root, path)).update('\0').update(readFileSync(path));
  };
  for (const path of paths) visit(path);
  return hash.digest('hex');
}

/** Runs `work` unless the stamp says that it was done for these inputs. Returns whether it ran. */
export function unlessCurrent(stampFile, digest, work) {
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === digest) return false;
  work();
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, digest);
  return true;
}
