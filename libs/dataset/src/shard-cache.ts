// Shards on the local disk, for HDF5 reads files: whole ones, checked against their digest on the way in, and parts of
// those that have an index. The whole shard has the last word: where a part or its index fails, the shard is fetched.

import { createWriteStream } from 'node:fs';
import { link, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError } from '@alarena/core';
import { type ObjectStore, openBlob } from '@alarena/store';
import { CacheFolder, isMissing, linkOrCopy } from './cache-folder.js';
import { diskError } from './disk-errors.js';
import type { DatasetShard, ShardIndexRef } from './manifest.js';
import { decodeShardIndex, fetchShardIndex } from './shard-index.js';
import { createPieces, fetchRuns, indexOf, missingChunks, runsFor } from './shard-pieces.js';

export const DEFAULT_CACHE_BYTES = 4 * 2 ** 30;
const ATTEMPTS = 100;
/** From this part of a shard on, one request for all of it is better than many. */
const MOST = 0.5;

export interface ShardCacheOptions {
  readonly cacheFolder: string;
  /** Default: 4 GiB. The shard in use stays, even when it alone is larger. */
  readonly cacheBytes?: number | undefined;
}

export interface ShardRequest {
  readonly shard: DatasetShard;
  /** The rows that will be read. */
  readonly rows: Int32Array;
  /** Whole, because a part of it was of no use. */
  readonly whole: boolean;
}

/** A file of a shard that nobody else removes. */
export interface HeldShard {
  readonly path: string;
  release(): Promise<void>;
}

/** Work under way on a path of a cache folder, for all caches of the process. */
const fills = new Map<string, Promise<void>>();

export class ShardCache {
  readonly limitBytes: number;
  readonly #store: ObjectStore;
  readonly #folder: CacheFolder;

  constructor(store: ObjectStore, { cacheFolder, cacheBytes = DEFAULT_CACHE_BYTES }: ShardCacheOptions) {
    this.#store = store;
    this.limitBytes = cacheBytes;
    const isCopy = (name: string): boolean => /\.(h5|pieces)$/.test(name);
    this.#folder = new CacheFolder(cacheFolder, cacheBytes, isCopy);
  }

  /** A file with the wanted rows, and a link of our own to it: it lives on when its name leaves the cache. */
  async hold(request: ShardRequest, signal: AbortSignal | undefined): Promise<HeldShard> {
    const { shard } = request;
    const own = this.#folder.newName(shard.digest, 'use');
    const release = (): Promise<void> => rm(own, { force: true });
    try {
      const hasPieces = await this.#holdPieces(request, own, signal);
      if (!hasPieces) await this.#holdWhole(shard, own);
      return { path: own, release };
    } catch (error) {
      await release();
      throw this.#failure(shard, error);
    }
  }

  /** For files that turned out unreadable. */
  async forget(shard: DatasetShard): Promise<void> {
    await rm(this.#wholePath(shard), { force: true });
    await rm(this.#piecesPath(shard), { force: true });
  }

  #wholePath(shard: DatasetShard): string {
    return this.#folder.at(`${shard.digest}.h5`);
  }

  #piecesPath(shard: DatasetShard): string {
    return this.#folder.at(`${shard.digest}.pieces`);
  }

  async #holdWhole(shard: DatasetShard, own: string): Promise<void> {
    const path = this.#wholePath(shard);
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      if ((await sizeOnDisk(path)) === shard.sizeBytes) {
        await this.#folder.touch(path);
      } else {
        let fill = fills.get(path);
        if (fill === undefined) {
          fill = this.#fill(shard, path).finally(() => fills.delete(path));
          fills.set(path, fill);
        }
        await fill;
      }
      if (await linkOrCopy(path, own)) return;
    }
    throw new Error('others remove its files at once');
  }

  async #fill(shard: DatasetShard, path: string): Promise<void> {
    const part = this.#folder.newName(shard.digest, 'part');
    try {
      await mkdir(this.#folder.path, { recursive: true });
      await this.#folder.withRoom(shard.sizeBytes, path, async () => {
        const { digest, sizeBytes } = shard;
        const body = await openBlob(this.#store, { digest, sizeBytes });
        await pipeline(Readable.from(body, { objectMode: false }), createWriteStream(part, { flags: 'wx' }));
        await rename(part, path);
        await rm(this.#piecesPath(shard), { force: true });
      });
    } finally {
      await rm(part, { force: true });
    }
  }

  /** False when the whole shard is there, or the better choice. */
  async #holdPieces(
    { shard, rows, whole }: ShardRequest,
    own: string,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const { index } = shard;
    if (whole || index === undefined) return false;
    if ((await sizeOnDisk(this.#wholePath(shard))) === shard.sizeBytes) return false;
    const path = this.#piecesPath(shard);
    const chunks = new Set(Array.from(rows, (row) => Math.floor(row / index.chunkSamples)));
    const isMost = chunks.size > MOST * Math.ceil(shard.samples / index.chunkSamples);
    if (isMost && (await sizeOnDisk(path)) === undefined) return false;
    try {
      const held = await inTurn(path, () => this.#fillPieces({ shard, index, chunks, path, own, signal }));
      if (!held) await rm(own, { force: true });
      return held;
    } catch (error) {
      await rm(own, { force: true });
      // Truncated, the shard ends before a range begins.
      const lost = ['data-loss', 'not-found', 'invalid-argument'];
      if (error instanceof AppError && lost.includes(error.code)) return false;
      throw error;
    }
  }

  async #fillPieces({ shard, index, chunks, path, own, signal }: PiecesWanted): Promise<boolean> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      if ((await sizeOnDisk(path)) === undefined) await this.#createPieces(shard, index, path, signal);
      await this.#folder.touch(path);
      try {
        await link(path, own);
      } catch (error) {
        if (isMissing(error)) continue;
        // Without links what is fetched would not stay in the cache.
        return false;
      }
      const file = await open(own, 'r+');
      try {
        const found = await indexOf(file, shard, index);
        if (found !== undefined) {
          const missing = await missingChunks(file, found, chunks);
          if (sizeOf(missing) > MOST * shard.sizeBytes) return false;
          const runs = runsFor(found, missing);
          if (runs.length === 0) return true;
          await this.#folder.withRoom(sizeOf(runs.flat()), path, () =>
            fetchRuns(this.#store, shard, runs, file, signal),
          );
          return true;
        }
      } finally {
        await file.close();
      }
      // Damaged: the next attempt makes a new one.
      await rm(own, { force: true });
      await rm(path, { force: true });
    }
    return false;
  }

  async #createPieces(
    shard: DatasetShard,
    index: ShardIndexRef,
    path: string,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const encoded = await fetchShardIndex(this.#store, index, signal);
    await mkdir(this.#folder.path, { recursive: true });
    const part = this.#folder.newName(shard.digest, 'part');
    const decoded = await decodeShardIndex(encoded);
    const bytes = decoded.rest.reduce((sum, span) => sum + span.bytes.byteLength, encoded.byteLength);
    await this.#folder.withRoom(bytes, path, () => createPieces(path, part, shard, decoded, encoded));
  }

  #failure(shard: DatasetShard, error: unknown): AppError {
    const code = error instanceof AppError ? error.code : undefined;
    if (code === 'data-loss' || code === 'not-found') {
      const state = code === 'data-loss' ? 'is corrupt' : 'is missing';
      return shardLost(shard, `${state} in the store`, error);
    }
    return diskError(error, 'a shard', this.#folder.path);
  }
}

interface PiecesWanted {
  readonly shard: DatasetShard;
  readonly index: ShardIndexRef;
  /** Numbers of chunks. */
  readonly chunks: ReadonlySet<number>;
  readonly path: string;
  readonly own: string;
  readonly signal: AbortSignal | undefined;
}

export function shardLost(shard: DatasetShard, state: string, cause: unknown): AppError {
  const ids = `ids ${shard.firstId} to ${shard.firstId + shard.samples - 1}`;
  return new AppError(
    'data-loss',
    `shard ${shard.digest} (${shard.split}, ${ids}) ${state}; remove the data set and import it again`,
    {
      reason: 'SHARD_LOST',
      facts: { shard: shard.digest, split: shard.split, firstId: shard.firstId },
      cause,
    },
  );
}

/** One after the other in this process: the second finds what the first fetched. */
function inTurn<T>(path: string, work: () => Promise<T>): Promise<T> {
  const result = (fills.get(path) ?? Promise.resolve()).then(work);
  const settled = result.then(
    () => undefined,
    () => undefined,
  );
  fills.set(path, settled);
  void settled.then(() => fills.get(path) === settled && fills.delete(path));
  return result;
}

function sizeOf(chunks: readonly { readonly sizeBytes: number }[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.sizeBytes, 0);
}

async function sizeOnDisk(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.size;
}
