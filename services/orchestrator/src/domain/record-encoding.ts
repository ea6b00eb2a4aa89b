// Records as bytes: JSON, deflated where it is long. A status of 10,000 cells, each failed with a message of its own,
// stays below what one message of the bus can hold.

import { gunzipSync, gzipSync } from 'node:zlib';
import { maxPayloadBytes } from '@alarena/bus';
import { AppError, canonicalJson, plainJson } from '@alarena/core';

/** Below this, a record stays fit to be read by people. */
const deflateFromBytes = 64 * 1024;
/** Room for the adapters' own marks. */
const mostBytes = maxPayloadBytes - 1_024;

export function encodeRecord(what: string, value: object): Uint8Array {
  const text = Buffer.from(canonicalJson(plainJson(value)), 'utf8');
  const bytes = text.byteLength < deflateFromBytes ? text : gzipSync(text);
  if (bytes.byteLength <= mostBytes) return bytes;
  throw new AppError(
    'resource-exhausted',
    `${what} takes ${bytes.byteLength} bytes, and at most ${mostBytes} can be kept: make several comparisons of it`,
    { reason: 'RECORD_TOO_LARGE', facts: { bytes: bytes.byteLength, limit: mostBytes } },
  );
}

/** The writer is another orchestrator: the bucket is not open to others. */
export function decodeRecord<T>(what: string, bytes: Uint8Array): T {
  try {
    const text = bytes[0] === 0x1f ? gunzipSync(bytes) : Buffer.from(bytes);
    return JSON.parse(text.toString('utf8')) as T;
  } catch (cause) {
    throw new AppError('data-loss', `${what} cannot be read`, { reason: 'RECORD_DAMAGED', cause });
  }
}
