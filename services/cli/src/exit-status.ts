// What the shell learns of a command's end.

import type { AppError, ErrorCode } from '@alarena/core';

export const ExitStatus = { done: 0, failed: 1, badInput: 2, interrupted: 130 } as const;
export type ExitStatus = (typeof ExitStatus)[keyof typeof ExitStatus];

/** Codes by which something is wrong with what the user asked for, rather than with the program or the machine. */
const inputCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'invalid-argument',
  'not-found',
  'already-exists',
  'failed-precondition',
]);

export function exitStatusOf(error: AppError, interrupted: boolean): ExitStatus {
  if (interrupted && error.code === 'cancelled') return ExitStatus.interrupted;
  // A violation names a field or file of the user's, whatever the code: a truncated source is lost data, too.
  const theirs = inputCodes.has(error.code) || error.violations.length > 0;
  return theirs ? ExitStatus.badInput : ExitStatus.failed;
}
