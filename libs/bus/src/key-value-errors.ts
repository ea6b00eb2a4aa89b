// The two refusals of compare-and-set in the key-value port.

import { AppError } from '@alarena/core';

export function keyExists(key: string, cause?: unknown): AppError {
  return new AppError('already-exists', `there is an entry ${key} already`, { facts: { key }, cause });
}

export function revisionConflict(key: string, revision: number, cause?: unknown): AppError {
  return new AppError(
    'aborted',
    `the entry ${key} is not in revision ${revision}: it was changed or deleted`,
    {
      facts: { key, revision },
      cause,
    },
  );
}
