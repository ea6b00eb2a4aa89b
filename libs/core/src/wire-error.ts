// An AppError as it passes between processes and threads, where classes are lost.

import { AppError, type AppErrorOptions, type ErrorCode } from './errors.js';

/** Without stack and cause. */
export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly options: Omit<AppErrorOptions, 'cause'>;
}

export function toWire(thrown: unknown): WireError {
  const { code, message, reason, facts, violations, retryable } = AppError.from(thrown);
  return { code, message, options: { reason, facts, violations, retryable } };
}

export function fromWire(error: WireError): AppError {
  return new AppError(error.code, error.message, error.options);
}
