// The one table between the codes of AppError and those of gRPC.

import type { ErrorCode } from '@alarena/core';
import { status } from '@grpc/grpc-js';

const STATUS_BY_CODE: Readonly<Record<ErrorCode, status>> = {
  cancelled: status.CANCELLED,
  'invalid-argument': status.INVALID_ARGUMENT,
  'deadline-exceeded': status.DEADLINE_EXCEEDED,
  'not-found': status.NOT_FOUND,
  'already-exists': status.ALREADY_EXISTS,
  'permission-denied': status.PERMISSION_DENIED,
  'resource-exhausted': status.RESOURCE_EXHAUSTED,
  'failed-precondition': status.FAILED_PRECONDITION,
  aborted: status.ABORTED,
  unimplemented: status.UNIMPLEMENTED,
  internal: status.INTERNAL,
  unavailable: status.UNAVAILABLE,
  'data-loss': status.DATA_LOSS,
  unauthenticated: status.UNAUTHENTICATED,
};

const CODE_BY_STATUS = new Map<number, ErrorCode>([
  // What no server of ours sends, but one of another make may.
  [status.UNKNOWN, 'internal'],
  [status.OUT_OF_RANGE, 'invalid-argument'],
  ...Object.entries(STATUS_BY_CODE).map(([code, value]): [number, ErrorCode] => [value, code as ErrorCode]),
]);

export function statusOf(code: ErrorCode): status {
  return STATUS_BY_CODE[code];
}

/** Codes that gRPC may add one day count as `internal`. */
export function codeOf(value: number): ErrorCode {
  return CODE_BY_STATUS.get(value) ?? 'internal';
}
