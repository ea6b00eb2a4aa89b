// Canonical JSON and its SHA-256: equal inputs give equal names, whatever order their keys were written in.

import { createHash } from 'node:crypto';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * JSON with keys in code unit order, no white space and no `undefined` members.
 * Throws a TypeError on NaN and infinities: they have no JSON form and would collide with null.
 */
export function canonicalJson(value: Json): string {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new TypeError(`canonical JSON cannot hold the number ${value}`);
  }
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members: string[] = [];
  for (const key of Object.keys(value).sort()) {
    const member = value[key];
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${canonicalJson(member)}`);
  }
  return `{${members.join(',')}}`;
}

/** Lower-case hex SHA-256 of bytes or of a UTF-8 string. */
export function sha256Hex(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** The name of a value by content. */
export function contentKey(value: Json): string {
  return sha256Hex(canonicalJson(value));
}

function isArray(value: object): value is readonly Json[] {
  return Array.isArray(value);
}
