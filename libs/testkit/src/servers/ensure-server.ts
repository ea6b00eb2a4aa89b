// The path of a server's program, which tools/servers gets for this machine where it is not there yet.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const tool = fileURLToPath(new URL('../../../../tools/servers/ensure.mjs', import.meta.url));
const paths = new Map<string, Promise<string>>();

export function ensureServer(name: string): Promise<string> {
  let path = paths.get(name);
  if (path === undefined) {
    path = ask(name);
    paths.set(name, path);
  }
  return path;
}

async function ask(name: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [tool, name]);
  return stdout.trim();
}
