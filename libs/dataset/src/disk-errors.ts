// What the disk says, as AppErrors that name the folder and what to do about it. HDF5 gives the system's message
// instead of its code.

import { AppError } from '@alarena/core';

const FULL_CODES = ['ENOSPC', 'EDQUOT', 'EFBIG'];
const FORBIDDEN_CODES = ['EROFS', 'EACCES', 'EPERM'];
const FULL_TEXT = /no space left|quota exceeded|file too large/i;

/** AppErrors stay as they are, but for those of HDF5 that tell of a full disk. `what` cannot be written. */
export function diskError(error: unknown, what: string, folder: string): AppError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'none';
  const message = error instanceof Error ? error.message : String(error);
  const ofHdf5 = error instanceof AppError && error.reason === 'HDF5_FAILED';
  const options = { facts: { folder }, cause: error };
  if (FULL_CODES.includes(code) || (ofHdf5 && FULL_TEXT.test(message))) {
    const advice = 'free some space there, or choose a home on another disk';
    return new AppError(
      'resource-exhausted',
      `the disk of ${folder} is full, so ${what} cannot be written; ${advice}`,
      {
        ...options,
        reason: 'STORE_FULL',
      },
    );
  }
  if (error instanceof AppError) return error;
  if (FORBIDDEN_CODES.includes(code)) {
    const advice = 'it is read-only or belongs to another user; choose a home that can be written';
    return new AppError('failed-precondition', `${what} cannot be written to ${folder}: ${advice}`, {
      ...options,
      reason: 'STORE_READ_ONLY',
    });
  }
  return new AppError('internal', `${what} cannot be written to ${folder}: ${message}`, options);
}
