// A caller's own token from a file, read again for each call: whoever renews the token only replaces the file.

import { AppError } from '@alarena/core';
import { readNamedFile } from '../followed-file.js';

/** Throws now where the file cannot be read or is empty. */
export async function tokenFromFile(path: string): Promise<() => Promise<string>> {
  const read = async (): Promise<string> => {
    const token = (await readNamedFile(path)).toString('utf8').trim();
    if (token !== '') return token;
    throw new AppError('failed-precondition', `the token file ${path} is empty`, {
      reason: 'TOKEN_FILE_EMPTY',
      violations: [{ field: path, description: 'is empty' }],
    });
  };
  await read();
  return read;
}
