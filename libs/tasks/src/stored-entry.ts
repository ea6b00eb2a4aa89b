// JSON entries of buckets, which other versions of this system may have written: what is not understood is ignored, and
// logged.

import type { KeyValueEntry } from '@alarena/bus';
import { AppError } from '@alarena/core';
import type { Logger } from '@alarena/telemetry';

export type Fields = Readonly<Record<string, unknown>>;

export function encodeEntry(value: object): Uint8Array {
  return Buffer.from(JSON.stringify(value), 'utf8');
}

/** Undefined where there is none, and where it cannot be read. */
export function parseEntry<T>(
  entry: KeyValueEntry | undefined,
  logger: Logger,
  parse: (value: Fields) => T,
): T | undefined {
  if (entry === undefined) return undefined;
  try {
    return parse(fieldsOf(JSON.parse(Buffer.from(entry.value).toString('utf8'))));
  } catch (error) {
    logger.warn({ err: error, key: entry.key }, 'an entry that cannot be read is ignored');
    return undefined;
  }
}

export function fieldsOf(value: unknown): Fields {
  if (typeof value === 'object' && value !== null) return value as Fields;
  throw new AppError('data-loss', 'not an object');
}

export function hasStrings<F extends Fields, N extends string>(
  fields: F,
  names: readonly N[],
): fields is F & Record<N, string> {
  return names.every((name) => typeof fields[name] === 'string');
}

export function hasNumbers<F extends Fields, N extends string>(
  fields: F,
  names: readonly N[],
): fields is F & Record<N, number> {
  return names.every((name) => Number.isFinite(fields[name]));
}
