// A spec file named on the command line.

import { readFile } from 'node:fs/promises';
import { type ComparisonSpec, parseSpec } from '@alarena/config';
import { AppError } from '@alarena/core';

export async function readSpec(path: string): Promise<ComparisonSpec> {
  return parseSpec(await textOf(path), { file: path });
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (missing) throw new AppError('not-found', `there is no file ${path}`, { cause: error });
    throw new AppError('invalid-argument', `${path} cannot be read: ${AppError.from(error).message}`, {
      cause: error,
    });
  }
}
