// Asserts on errors by what callers rely on: the code, and the fields named.

import assert from 'node:assert/strict';
import { AppError, type ErrorCode } from '@alarena/core';

/** Fails unless `outcome` (a promise or a function) fails with an AppError of this code, which it returns. */
export async function expectAppError(
  code: ErrorCode,
  outcome: Promise<unknown> | (() => unknown),
): Promise<AppError> {
  let value: unknown;
  try {
    value = await (typeof outcome === 'function' ? outcome() : outcome);
  } catch (error) {
    assert.ok(error instanceof AppError, `expected an AppError, got ${String(error)}`);
    assert.equal(error.code, code, error.message);
    return error;
  }
  return assert.fail(`expected an AppError ${code}, got ${String(value)}`);
}
