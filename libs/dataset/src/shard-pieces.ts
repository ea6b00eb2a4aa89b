// A local copy of a part of a shard: a sparse file with the shard's bytes as far as they were fetched, and its encoded
// index behind them. Nothing records which chunks are there: a chunk is there if its bytes have its digest. So the file
// may be filled by several processes at once, killed ones too, and damage is fetched again.

import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { AppError, Limit, sha256Hex } from '@alarena/core';
import { blobKey, type ObjectStore, readBytes } from '@alarena/store';
import type { DatasetShard, ShardIndexRef } from './manifest.js';
import { decodeShardIndex, type IndexedChunk, isIndex, type ShardIndex } from './shard-index.js';

/** Fetching this much between two chunks costs less than another of 16 parallel requests of some 10 ms. */
const GAP_BYTES = 64 << 10;
const RUN_BYTES = 4 << 20;
const requests = new Limit(16);

/** Neighbours in the file. */
type Run = readonly IndexedChunk[];

/** Makes the copy at `path` with all but the chunks. `part` is a new file's name beside it. */
export async function createPieces(
  path: string,
  part: string,
  shard: DatasetShard,
  { rest }: ShardIndex,
  encodedIndex: Uint8Array,
): Promise<void> {
  try {
    const file = await open(part, 'wx');
    try {
      for (const { offset, bytes } of rest) await writeAt(file, bytes, offset);
      await writeAt(file, encodedIndex, shard.sizeBytes);
    } finally {
      await file.close();
    }
    // Another process may have made one meanwhile: what it fetched into that is lost to others, but not to itself.
    await rename(part, path);
  } finally {
    await rm(part, { force: true });
  }
}

/** The index that the copy carries; undefined when the copy is damaged. */
export async function indexOf(
  file: FileHandle,
  shard: DatasetShard,
  ref: ShardIndexRef,
): Promise<ShardIndex | undefined> {
  const encoded = await readAt(file, { offset: shard.sizeBytes, sizeBytes: ref.sizeBytes });
  return isIndex(encoded, ref) ? decodeShardIndex(encoded) : undefined;
}

/** Those of the chunks with these numbers that the copy does not have. */
export async function missingChunks(
  file: FileHandle,
  { chunks }: ShardIndex,
  numbers: Iterable<number>,
): Promise<IndexedChunk[]> {
  const missing: IndexedChunk[] = [];
  for (const number of numbers) {
    const chunk = chunks[number];
    if (chunk === undefined) throw new AppError('data-loss', `the index has no chunk ${number}`);
    if (sha256Hex(await readAt(file, chunk)) !== chunk.digest) missing.push(chunk);
  }
  return missing;
}

/** Chunks to fetch so that `missing` are: those between two of them may come along. */
export function runsFor({ chunks }: ShardIndex, missing: readonly IndexedChunk[]): Run[] {
  const wanted = new Set(missing);
  const runs: IndexedChunk[][] = [];
  let run: IndexedChunk[] = [];
  let between: IndexedChunk[] = [];
  for (const chunk of chunks.toSorted((a, b) => a.offset - b.offset)) {
    if (!wanted.has(chunk)) {
      between.push(chunk);
      continue;
    }
    const [first, last] = [run[0], run.at(-1)];
    const joins =
      first !== undefined &&
      last !== undefined &&
      chunk.offset - endOf(last) <= GAP_BYTES &&
      endOf(chunk) - first.offset <= RUN_BYTES;
    if (joins) {
      run.push(...between, chunk);
    } else {
      run = [chunk];
      runs.push(run);
    }
    between = [];
  }
  return runs;
}

/** Throws `data-loss` when the store's bytes are not those of the index. */
export async function fetchRuns(
  store: ObjectStore,
  shard: DatasetShard,
  runs: readonly Run[],
  file: FileHandle,
  signal: AbortSignal | undefined,
): Promise<void> {
  const fetches = runs.map((run) => requests.run(() => fetchRun(store, shard, run, file, signal)));
  // All have ended before the file is closed.
  for (const result of await Promise.allSettled(fetches)) {
    if (result.status === 'rejected') throw result.reason;
  }
}

async function fetchRun(
  store: ObjectStore,
  shard: DatasetShard,
  run: Run,
  file: FileHandle,
  signal: AbortSignal | undefined,
): Promise<void> {
  const [first, last] = [run[0], run.at(-1)];
  if (first === undefined || last === undefined) return;
  const { offset: start } = first;
  const range = { offset: start, length: endOf(last) - start };
  const { body } = await store.get(blobKey(shard.digest), { range, signal });
  const bytes = await readBytes(body, range.length);
  for (const { offset, sizeBytes, digest } of run) {
    const chunk = bytes.subarray(offset - start, offset - start + sizeBytes);
    if (sha256Hex(chunk) !== digest) {
      const message = `bytes ${offset} to ${offset + sizeBytes - 1} of ${blobKey(shard.digest)} are corrupt`;
      throw new AppError('data-loss', message, { reason: 'STORE_BLOB_CORRUPT' });
    }
    await writeAt(file, chunk, offset);
  }
}

function endOf(chunk: IndexedChunk): number {
  return chunk.offset + chunk.sizeBytes;
}

/** As much as there is of these bytes. */
async function readAt(
  file: FileHandle,
  { offset, sizeBytes }: { readonly offset: number; readonly sizeBytes: number },
): Promise<Uint8Array> {
  const { buffer, bytesRead } = await file.read(new Uint8Array(sizeBytes), 0, sizeBytes, offset);
  return buffer.subarray(0, bytesRead);
}

async function writeAt(file: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < bytes.byteLength; ) {
    done += (await file.write(bytes, done, bytes.byteLength - done, offset + done)).bytesWritten;
  }
}
