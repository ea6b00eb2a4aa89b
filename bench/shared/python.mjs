// A Python with the packages of a peer, in the cache folder: made once.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** `modules` are imported to see whether it is there; `requirements` are arguments of `pip install`. */
export function ensurePython({ name, modules, requirements, note }) {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const venv = join(cache, 'alarena', name);
  const python = join(venv, 'bin', 'python');
  if (spawnSync(python, ['-c', `import ${modules}`], { stdio: 'ignore' }).status === 0) return python;
  process.stderr.write(`installing ${note} into ${venv}, once\n`);
  const run = (command, args) => {
    if (spawnSync(command, args, { stdio: 'inherit' }).status !== 0) {
      throw new Error(`${command} ${args.join(' ')} failed`);
    }
  };
  if (!existsSync(python)) run(process.env.PYTHON ?? 'python3', ['-m', 'venv', venv]);
  run(python, ['-m', 'pip', 'install', '--quiet', ...requirements]);
  return python;
}
