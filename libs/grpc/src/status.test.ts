import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError, type ErrorCode } from '@alarena/core';
import { status } from '@grpc/grpc-js';
import { toStatus } from './error-wire.js';
import { codeOf, statusOf } from './status.js';

// Written out once more, as google/rpc/code.proto numbers them: a slip in the table shows here.
const NUMBERS: Record<ErrorCode, number> = {
  cancelled: 1,
  'invalid-argument': 3,
  'deadline-exceeded': 4,
  'not-found': 5,
  'already-exists': 6,
  'permission-denied': 7,
  'resource-exhausted': 8,
  'failed-precondition': 9,
  aborted: 10,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  'data-loss': 15,
  unauthenticated: 16,
};

test('each code has its gRPC status, and comes back from it', () => {
  for (const [code, number] of Object.entries(NUMBERS) as [ErrorCode, number][]) {
    assert.equal(statusOf(code), number);
    assert.equal(codeOf(number), code);
    assert.equal(toStatus(new AppError(code, 'text')).code, number);
  }
});

test('statuses without a code of ours have the nearest one', () => {
  assert.equal(codeOf(status.UNKNOWN), 'internal');
  assert.equal(codeOf(status.OUT_OF_RANGE), 'invalid-argument');
  assert.equal(codeOf(99), 'internal');
});
