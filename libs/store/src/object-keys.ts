// Object keys and the URIs that name them in messages: `alarena://` followed by the key, nothing escaped. The URI
// does not say which store: every part of one installation is configured with the same one.

import { AppError } from '@alarena/core';

const scheme = 'alarena://';
const segmentPattern = /^[A-Za-z0-9._-]+$/;
const prefixPattern = /^[A-Za-z0-9._/-]*$/;
/** Below S3's limit of 1,024 bytes, which leaves room for an adapter's own prefix. */
const maxKeyLength = 900;
/** The limit of common file systems. */
const maxSegmentLength = 255;

const rule =
  'must be segments of letters, digits, ".", "_" and "-", separated by single "/", none of them "." or ".."';

/**
 * Throws `invalid-argument` unless `key` is a valid object key. A key must not also be the folder of another one
 * (`a` beside `a/b`): file systems and MinIO cannot hold both.
 */
export function checkKey(key: string): void {
  const problem = problemOfKey(key);
  if (problem !== undefined)
    throw AppError.invalid('not an object key', [{ field: 'key', description: problem }]);
}

/** Whether `key` is a valid object key: a bucket may hold others, put there by other means. */
export function isKey(key: string): boolean {
  return problemOfKey(key) === undefined;
}

/** Throws `invalid-argument` unless some valid key can begin with `prefix`. */
export function checkPrefix(prefix: string): void {
  const segments = prefix.split('/');
  const whole = segments.slice(0, -1);
  if (prefixPattern.test(prefix) && !whole.some(isBadSegment)) return;
  throw AppError.invalid('not a prefix of object keys', [
    { field: 'prefix', description: `${rule}, got ${JSON.stringify(prefix)}` },
  ]);
}

export function uriOf(key: string): string {
  checkKey(key);
  return scheme + key;
}

export function keyOfUri(uri: string): string {
  const key = uri.startsWith(scheme) ? uri.slice(scheme.length) : undefined;
  const problem =
    key === undefined ? `must begin with ${scheme}, got ${JSON.stringify(uri)}` : problemOfKey(key);
  if (key === undefined || problem !== undefined) {
    throw AppError.invalid('not the URI of an object', [{ field: 'uri', description: problem ?? '' }]);
  }
  return key;
}

function problemOfKey(key: string): string | undefined {
  if (key.length > maxKeyLength) return `must have at most ${maxKeyLength} characters, got ${key.length}`;
  const segments = key.split('/');
  if (segments.some(isBadSegment)) return `${rule}, got ${JSON.stringify(key)}`;
  if (segments.some((segment) => segment.length > maxSegmentLength)) {
    return `must have segments of at most ${maxSegmentLength} characters, got ${JSON.stringify(key)}`;
  }
  return undefined;
}

function isBadSegment(segment: string): boolean {
  return segment === '.' || segment === '..' || !segmentPattern.test(segment);
}
