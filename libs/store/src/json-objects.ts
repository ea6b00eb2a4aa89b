// JSON documents in the store: manifests, records of attempts, comparisons. Written as canonical JSON, so that equal
// values are equal bytes.

import { AppError, canonicalJson, type Json } from '@alarena/core';
import { readBytes } from './bytes.js';
import type { ObjectStore, ObjectVersion, PutOptions } from './object-store.js';

export interface StoredValue<T> {
  readonly value: T;
  /** For a conditional replacement or deletion of exactly this version. */
  readonly etag: string;
}

/** Conditional like the store's `put`: `already-exists` with `ifNoneMatch`, `aborted` with `ifMatch`. */
export async function putJson(
  store: ObjectStore,
  key: string,
  value: Json,
  options: PutOptions = {},
): Promise<ObjectVersion> {
  return await store.put(key, Buffer.from(canonicalJson(value), 'utf8'), options);
}

/** Undefined when there is no such object. `parse` checks the value and throws when it is not what it should be. */
export async function getJson<T>(
  store: ObjectStore,
  key: string,
  parse: (value: unknown) => T,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<StoredValue<T> | undefined> {
  let text: string;
  let etag: string;
  try {
    const { info, body } = await store.get(key, options);
    etag = info.etag;
    text = Buffer.from(await readBytes(body, info.sizeBytes)).toString('utf8');
  } catch (error) {
    if (error instanceof AppError && error.code === 'not-found') return undefined;
    throw error;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new AppError('data-loss', `the object ${key} is not JSON`, {
      reason: 'STORE_OBJECT_DAMAGED',
      facts: { key },
      cause: error,
    });
  }
  return { value: parse(value), etag };
}
