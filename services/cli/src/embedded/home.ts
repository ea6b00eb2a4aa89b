// The folder of all local state, made and tried before anything starts: a clear error then is better than one from
// the depths of an import.

import { access, constants, mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { AppError } from '@alarena/core';

/** Makes the folder where it is missing. Throws `failed-precondition` where it cannot be made or written. */
export async function prepareHome(home: string): Promise<void> {
  const path = resolve(home);
  try {
    await makeFolder(path);
    // Unlike the permission bits, this also knows of read-only disks.
    await access(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new AppError(
      'failed-precondition',
      `the home ${path} cannot be written (${reasonOf(error)}); set ALARENA_HOME to a folder that can`,
      { reason: 'HOME_UNUSABLE', facts: { home: path }, cause: error },
    );
  }
}

/** Step by step: node's recursive mkdir hides a read-only disk behind "no such file" and never ends below /proc. */
async function makeFolder(path: string): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  if (there?.isDirectory()) return;
  if (there !== undefined) throw new Error('it is a file, not a folder');
  if (dirname(path) !== path) await makeFolder(dirname(path));
  try {
    await mkdir(path);
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!(await stat(path).catch(() => undefined))?.isDirectory()) throw error;
  }
}

const reasons: ReadonlyMap<string, string> = new Map([
  ['EROFS', 'its disk is read-only'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'permission denied'],
  ['ENOSPC', 'its disk is full'],
]);

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : '';
  return reasons.get(code) ?? error.message;
}
