// Where in a shard's file its HDF5 chunks of samples are, with a digest of each, and all the other bytes of the file
// (superblock, headers, chunk B-tree, labels, ids: some 50 kB of 32 MB). With it a reader fetches only the chunks it
// wants. Stored apart from the shard, so that shards and the data set's digest are the same with and without.
//
// Format, gzipped: float64s [version, n, m, n chunk offsets, n chunk sizes, m offsets of the rest, m sizes], little-
// endian; n SHA-256 of 32 bytes; the bytes of the rest.

import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { AppError, sha256Hex } from '@alarena/core';
import { type ObjectStore, putToStay, readBytes } from '@alarena/store';
import type { ShardIndexRef } from './manifest.js';

/** A smaller shard is fetched whole: a transfer of this size takes about as long as a request. */
const MIN_INDEXED_BYTES = 1 << 20;

/** Of a shard's size. Where samples are tiny, labels and ids are most of the shard and nothing is saved. */
const MAX_INDEX_PART = 1 / 8;

const VERSION = 1;
const DIGEST_BYTES = 32;

export interface ByteSpan {
  readonly offset: number;
  readonly sizeBytes: number;
}

export interface IndexedChunk extends ByteSpan {
  /** Lower-case hex SHA-256. */
  readonly digest: string;
}

export interface ShardIndex {
  /** In row order: chunk i holds rows i * chunkSamples and on. */
  readonly chunks: readonly IndexedChunk[];
  /** Together with the chunks the whole file. */
  readonly rest: readonly { readonly offset: number; readonly bytes: Uint8Array }[];
}

function indexKey(digest: string): string {
  return `datasets/shard-indexes/${digest}`;
}

/** Stores the index of a finished shard file, unless it is of no use. `chunkSpans` are in row order. */
export async function putShardIndex(
  store: ObjectStore,
  path: string,
  chunkSpans: readonly ByteSpan[],
  signal: AbortSignal | undefined,
): Promise<Pick<ShardIndexRef, 'digest' | 'sizeBytes'> | undefined> {
  const { size } = await stat(path);
  if (size < MIN_INDEXED_BYTES) return undefined;
  const bytes = await encode(path, chunkSpans);
  if (bytes.byteLength > size * MAX_INDEX_PART) return undefined;
  const digest = sha256Hex(bytes);
  await putToStay(store, indexKey(digest), () => bytes, signal);
  return { digest, sizeBytes: bytes.byteLength };
}

/** The encoded index; `data-loss` or `not-found` when the store does not have it as it was. */
export async function fetchShardIndex(
  store: ObjectStore,
  ref: ShardIndexRef,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const key = indexKey(ref.digest);
  const { info, body } = await store.get(key, { signal });
  const bytes = await readBytes(body, info.sizeBytes);
  if (isIndex(bytes, ref)) return bytes;
  throw new AppError('data-loss', `the stored bytes of ${key} are not those of its digest`, {
    facts: { key },
  });
}

export function isIndex(bytes: Uint8Array, ref: ShardIndexRef): boolean {
  return bytes.byteLength === ref.sizeBytes && sha256Hex(bytes) === ref.digest;
}

export async function decodeShardIndex(encoded: Uint8Array): Promise<ShardIndex> {
  // A copy begins where float64s may.
  const bytes = new Uint8Array(await promisify(gunzip)(encoded));
  const [version, n = 0, m = 0] = new Float64Array(bytes.buffer, 0, 3);
  if (version !== VERSION) {
    throw new AppError('data-loss', `a shard index has version ${version}, this program reads ${VERSION}`);
  }
  const numbers = new Float64Array(bytes.buffer, 3 * 8, 2 * (n + m));
  const spansAt = (first: number, count: number): ByteSpan[] =>
    Array.from({ length: count }, (_, i) => ({
      offset: numbers[first + i] as number,
      sizeBytes: numbers[first + count + i] as number,
    }));
  const digests = Buffer.from(bytes.buffer, (3 + numbers.length) * 8, n * DIGEST_BYTES);
  let at = digests.byteOffset + digests.byteLength;
  return {
    chunks: spansAt(0, n).map((span, i) => ({
      ...span,
      digest: digests.toString('hex', i * DIGEST_BYTES, (i + 1) * DIGEST_BYTES),
    })),
    rest: spansAt(2 * n, m).map(({ offset, sizeBytes }) => {
      at += sizeBytes;
      return { offset, bytes: bytes.subarray(at - sizeBytes, at) };
    }),
  };
}

async function encode(path: string, chunks: readonly ByteSpan[]): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const read = async ({ offset, sizeBytes }: ByteSpan): Promise<Uint8Array> => {
      const { buffer, bytesRead } = await file.read(new Uint8Array(sizeBytes), 0, sizeBytes, offset);
      if (bytesRead !== sizeBytes) throw new AppError('internal', `${path} ends before its chunks do`);
      return buffer;
    };
    const rest = gapsBetween(chunks, (await file.stat()).size);
    const columns = [chunks, rest].flatMap((spans) => [
      ...spans.map((span) => span.offset),
      ...spans.map((span) => span.sizeBytes),
    ]);
    const parts: Uint8Array[] = [
      new Uint8Array(Float64Array.of(VERSION, chunks.length, rest.length, ...columns).buffer),
    ];
    for (const chunk of chunks)
      parts.push(
        createHash('sha256')
          .update(await read(chunk))
          .digest(),
      );
    for (const gap of rest) parts.push(await read(gap));
    return await promisify(gzip)(Buffer.concat(parts));
  } finally {
    await file.close();
  }
}

/** What of [0, size) no span covers. Throws when spans overlap: then they are not those of chunks. */
function gapsBetween(spans: readonly ByteSpan[], size: number): ByteSpan[] {
  const gaps: ByteSpan[] = [];
  let end = 0;
  const last = { offset: size, sizeBytes: 0 };
  for (const { offset, sizeBytes } of [...spans.toSorted((a, b) => a.offset - b.offset), last]) {
    if (offset < end) throw new AppError('internal', 'the chunks of a shard overlap');
    if (offset > end) gaps.push({ offset: end, sizeBytes: offset - end });
    end = offset + sizeBytes;
  }
  return gaps;
}
