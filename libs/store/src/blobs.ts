// Blobs: objects named by the SHA-256 of their bytes, `blobs/sha256/<first 2 hex digits>/<digest>`. Equal bytes are
// stored once, a blob never changes, and every whole read is checked against the name.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { AppError, sha256Hex } from '@alarena/core';
import { untilAborted } from './abort.js';
import { readBytes } from './bytes.js';
import { fileError } from './file-errors.js';
import type { ObjectStore } from './object-store.js';
import { putToStay } from './removals.js';
import { storeTime } from './store-time.js';

export interface BlobRef {
  /** Lower-case hex SHA-256. */
  readonly digest: string;
  readonly sizeBytes: number;
}

export interface PutBlobOptions {
  /** Writes the blob also when one of its size is there: for one that was found corrupt. */
  readonly rewrite?: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Where a stream is kept while its digest is computed. Default: the system's folder for temporary files. */
  readonly spoolFolder?: string;
}

const digestPattern = /^[0-9a-f]{64}$/;

export function blobKey(digest: string): string {
  if (!digestPattern.test(digest)) {
    throw AppError.invalid('not the digest of a blob', [
      { field: 'digest', description: `must be 64 lower-case hex digits, got ${JSON.stringify(digest)}` },
    ]);
  }
  return `blobs/sha256/${digest.slice(0, 2)}/${digest}`;
}

/**
 * A blob that is there and older than this is put again: it may be garbage of long ago, which a collection takes. What is
 * to be collected must therefore be at least twice as old.
 */
const blobRefreshMs = 30 * 60_000;

/**
 * A stream goes through a temporary file, as its name is known only at its end. A blob that was put lately is kept as it
 * is; in any case no collection takes it before its time from now on.
 */
export async function putBlob(
  store: ObjectStore,
  body: Uint8Array | AsyncIterable<Uint8Array>,
  options: PutBlobOptions = {},
): Promise<BlobRef> {
  if (body instanceof Uint8Array) {
    const ref = { digest: sha256Hex(body), sizeBytes: body.byteLength };
    await putNamed(store, ref, () => body, options);
    return ref;
  }
  const folder = await makeSpoolFolder(options.spoolFolder ?? tmpdir());
  try {
    const path = join(folder, 'spool');
    const ref = await spool(path, untilAborted(body, options.signal));
    await putNamed(store, ref, () => createReadStream(path), options);
    return ref;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The whole blob. `not-found` when it is gone, `data-loss` with facts `digest` and `key` when it is corrupt. */
export async function getBlob(
  store: ObjectStore,
  ref: BlobRef,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Uint8Array> {
  const bytes = await readBytes(await openBlob(store, ref, options), ref.sizeBytes);
  if (bytes.byteLength !== ref.sizeBytes) throw corrupt(ref.digest);
  return bytes;
}

/** The blob as a stream, which ends with `data-loss` instead of its last bytes when it turns out corrupt. */
export async function openBlob(
  store: ObjectStore,
  ref: BlobRef,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<AsyncIterable<Uint8Array>> {
  const { info, body } = await namingDigest(ref.digest, () => store.get(blobKey(ref.digest), options));
  if (info.sizeBytes === ref.sizeBytes) return checked(body, ref);
  await body[Symbol.asyncIterator]().return?.();
  throw corrupt(ref.digest);
}

/** Succeeds also when the blob does not exist. */
export async function deleteBlob(store: ObjectStore, digest: string): Promise<void> {
  await store.delete(blobKey(digest));
}

async function putNamed(
  store: ObjectStore,
  ref: BlobRef,
  bodyOf: () => Uint8Array | AsyncIterable<Uint8Array>,
  { rewrite = false, signal }: PutBlobOptions,
): Promise<void> {
  const key = blobKey(ref.digest);
  if (!rewrite && (await isThereAndYoung(store, key, ref.sizeBytes))) return;
  await putToStay(store, key, bodyOf, signal);
}

async function isThereAndYoung(store: ObjectStore, key: string, sizeBytes: number): Promise<boolean> {
  try {
    const info = await store.head(key);
    if (info?.sizeBytes !== sizeBytes) return false;
    return (await storeTime(store)) - info.modifiedAt.getTime() < blobRefreshMs;
  } catch (error) {
    if (error instanceof AppError && error.code === 'data-loss') return false;
    throw error;
  }
}

async function makeSpoolFolder(parent: string): Promise<string> {
  try {
    return await mkdtemp(join(parent, 'alarena-blob-'));
  } catch (error) {
    throw fileError(error, parent);
  }
}

async function spool(path: string, body: AsyncIterable<Uint8Array>): Promise<BlobRef> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const file = await open(path, 'wx');
  try {
    for await (const chunk of body) {
      hash.update(chunk);
      sizeBytes += chunk.byteLength;
      try {
        await file.appendFile(chunk);
      } catch (error) {
        throw fileError(error, dirname(dirname(path)));
      }
    }
  } finally {
    await file.close();
  }
  return { digest: hash.digest('hex'), sizeBytes };
}

async function* checked(
  body: AsyncIterable<Uint8Array>,
  ref: BlobRef,
): AsyncGenerator<Uint8Array, void, undefined> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const iterator = body[Symbol.asyncIterator]();
  try {
    while (true) {
      const step = await namingDigest(ref.digest, () => iterator.next());
      if (step.done) break;
      hash.update(step.value);
      sizeBytes += step.value.byteLength;
      if (sizeBytes >= ref.sizeBytes && hash.copy().digest('hex') !== ref.digest) throw corrupt(ref.digest);
      yield step.value;
    }
  } finally {
    await iterator.return?.();
  }
  if (sizeBytes !== ref.sizeBytes || hash.digest('hex') !== ref.digest) throw corrupt(ref.digest);
}

/** A store that notices the damage itself knows the key, not the digest. */
async function namingDigest<T>(digest: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof AppError && error.code === 'data-loss') throw corrupt(digest, error);
    throw error;
  }
}

function corrupt(digest: string, cause?: AppError): AppError {
  const key = blobKey(digest);
  return new AppError('data-loss', `the stored bytes of ${key} are not those of its digest`, {
    reason: 'STORE_BLOB_CORRUPT',
    facts: { digest, key },
    cause,
  });
}
