// The files below a folder, as keys in order of their bytes, which is the order in which S3 lists.

import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, fileError } from './file-errors.js';

/** Keys below `root` that begin with `prefix`. What appears or vanishes meanwhile may or may not be among them. */
export async function* walkKeys(root: string, prefix: string): AsyncGenerator<string, void, undefined> {
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  yield* walkFolder(root, folder, prefix);
}

/** `folder` is empty or ends with a slash. */
async function* walkFolder(
  root: string,
  folder: string,
  prefix: string,
): AsyncGenerator<string, void, undefined> {
  let entries: Dirent[];
  try {
    entries = await readdir(join(root, folder), { withFileTypes: true });
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return;
    throw fileError(error, join(root, folder));
  }
  // A folder sorts by its name with the slash: `a-b` comes before `a/b`, and `a/b` before `a0`.
  const names = entries
    .filter((entry) => entry.isFile() || entry.isDirectory())
    .map((entry) => folder + entry.name + (entry.isDirectory() ? '/' : ''))
    .filter((name) => name.startsWith(prefix) || prefix.startsWith(name))
    .sort((a, b) => (a < b ? -1 : 1));
  for (const name of names) {
    if (name.endsWith('/')) yield* walkFolder(root, name, prefix);
    else if (name.startsWith(prefix)) yield name;
  }
}
