// Names in the key-value port: what every adapter takes and refuses.

import { AppError, type FieldViolation } from '@alarena/core';
import type { BucketOptions } from './key-value.js';
import { maxPayloadBytes } from './subjects.js';

const keyPattern = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/;
const bucketPattern = /^[A-Za-z0-9_-]+$/;
const maxKeyLength = 250;

export function checkKey(key: string): void {
  if (keyPattern.test(key) && key.length <= maxKeyLength) return;
  refuse('not a key', {
    field: 'key',
    description: `must be 1 to ${maxKeyLength} letters, digits, "_" and "-", with "." between tokens, got ${JSON.stringify(key)}`,
  });
}

export function checkValue(value: Uint8Array): void {
  if (value.byteLength <= maxPayloadBytes) return;
  refuse('not a value', {
    field: 'value',
    description: `must have at most ${maxPayloadBytes} bytes, got ${value.byteLength}; put it in the object store and keep its reference`,
  });
}

/** Whole tokens: '' or `a.b.`. */
export function checkPrefix(prefix: string): void {
  if (prefix === '' || (prefix.endsWith('.') && keyPattern.test(prefix.slice(0, -1)))) return;
  refuse('not a prefix', {
    field: 'prefix',
    description: `must be empty, or tokens that each end with ".", got ${JSON.stringify(prefix)}`,
  });
}

export function checkBucket({ name, ttlMs }: BucketOptions): void {
  if (!bucketPattern.test(name)) {
    refuse('not a bucket', {
      field: 'name',
      description: `must consist of letters, digits, "_" and "-", got ${JSON.stringify(name)}`,
    });
  }
  if (ttlMs !== undefined && !(Number.isInteger(ttlMs) && ttlMs >= 100)) {
    refuse('not a bucket', {
      field: 'ttlMs',
      description: `must be an integer of at least 100, got ${ttlMs}`,
    });
  }
}

function refuse(what: string, violation: FieldViolation): never {
  throw AppError.invalid(what, [violation]);
}
