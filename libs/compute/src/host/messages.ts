// What parent and child of a compute host say to each other. Typed arrays pass by structured clone.

import { AppError, type AppErrorOptions, type ErrorCode } from '@alarena/core';

export type ToChild =
  | { readonly type: 'call'; readonly id: number; readonly method: string; readonly payload: unknown }
  | { readonly type: 'cancel'; readonly id: number };

export type FromChild =
  | { readonly type: 'progress'; readonly id: number; readonly value: unknown }
  | { readonly type: 'result'; readonly id: number; readonly value: unknown }
  | { readonly type: 'error'; readonly id: number; readonly error: WireError };

/** An AppError without its stack and cause. */
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
