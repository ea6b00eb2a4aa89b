// What the operating system says about files, as AppErrors that name the path and what to do about it.

import { AppError } from '@alarena/core';

/** The system's code of a failed call, e.g. `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** `path` is what the user can do something about: the store's folder or a file in it. */
export function fileError(error: unknown, path: string): AppError {
  if (error instanceof AppError) return error;
  const code = codeOf(error);
  const options = { facts: { path, systemCode: code ?? 'none' }, cause: error };
  switch (code) {
    case 'ENOSPC':
      return new AppError(
        'resource-exhausted',
        `the disk of ${path} is full; free some space there, or choose a home on another disk`,
        { ...options, reason: 'STORE_FULL' },
      );
    case 'EDQUOT':
      return new AppError(
        'resource-exhausted',
        `the disk quota at ${path} is used up; free some space there, or choose a home elsewhere`,
        { ...options, reason: 'STORE_FULL' },
      );
    case 'EFBIG':
      return new AppError(
        'resource-exhausted',
        `a file in ${path} grew beyond the limit on file sizes; raise it (ulimit -f), or choose a home elsewhere`,
        { ...options, reason: 'STORE_FULL' },
      );
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return new AppError(
        'failed-precondition',
        `no permission to use ${path}: it is read-only or belongs to another user; choose a home that can be written`,
        { ...options, reason: 'STORE_READ_ONLY' },
      );
    case 'ENOTDIR':
    case 'EISDIR':
    case 'EEXIST':
    case 'ENOTEMPTY':
      return new AppError(
        'failed-precondition',
        `${path} is not possible: a file stands where a folder is needed, or a folder where a file is needed`,
        { ...options, reason: 'STORE_PATH_CONFLICT' },
      );
    case 'EMFILE':
    case 'ENFILE':
      return new AppError(
        'resource-exhausted',
        `too many open files, so ${path} could not be opened; raise the limit (ulimit -n)`,
        { ...options, reason: 'STORE_TOO_MANY_FILES', retryable: true },
      );
    case 'EIO':
      return new AppError('unavailable', `the disk of ${path} reports an input/output error`, {
        ...options,
        reason: 'STORE_DISK_ERROR',
      });
    default: {
      const message = error instanceof Error ? error.message : String(error);
      return new AppError('internal', `file operation on ${path} failed: ${message}`, options);
    }
  }
}
