// The mistakes and refusals every object store adapter reports, so that they read the same whichever store it is.

import { AppError, type FieldViolation } from '@alarena/core';
import type { ByteRange, PutOptions } from './object-store.js';

export function checkConditions({ ifMatch, ifNoneMatch }: PutOptions): void {
  if (ifMatch === undefined || ifNoneMatch === undefined) return;
  throw AppError.invalid('not a possible condition', [
    { field: 'ifMatch', description: 'must not be given together with ifNoneMatch' },
  ]);
}

export function checkRange(range: ByteRange | undefined): void {
  if (range === undefined) return;
  const violations: FieldViolation[] = [];
  if (!Number.isSafeInteger(range.offset) || range.offset < 0) {
    violations.push({
      field: 'range.offset',
      description: `must be an integer of at least 0, got ${range.offset}`,
    });
  }
  if (!Number.isSafeInteger(range.length) || range.length < 1) {
    violations.push({
      field: 'range.length',
      description: `must be an integer of at least 1, got ${range.length}`,
    });
  }
  if (violations.length > 0) throw AppError.invalid('not a byte range', violations);
}

export function beyondEnd(key: string, sizeBytes: number): AppError {
  return AppError.invalid(`the range is behind the end of ${key}`, [
    { field: 'range.offset', description: `must be below the object's size of ${sizeBytes} bytes` },
  ]);
}

export function alreadyExists(key: string): AppError {
  return new AppError('already-exists', `the object ${key} exists already`, { facts: { key } });
}

export function changed(key: string, etag: string): AppError {
  return new AppError('aborted', `the object ${key} is not, or no longer, the version ${etag}`, {
    reason: 'STORE_OBJECT_CHANGED',
    facts: { key, etag },
  });
}

export function damaged(key: string, path: string): AppError {
  return new AppError(
    'data-loss',
    `the object ${key} is damaged: the content of ${path} is not what was stored`,
    {
      reason: 'STORE_OBJECT_DAMAGED',
      facts: { key, path },
    },
  );
}
