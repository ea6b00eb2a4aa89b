// Shards on the local disk, for HDF5 reads files: a folder bounded by bytes, least recently used first out. Several
// processes may share it: files appear whole, under the digest of their bytes, which was checked on the way in.

import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { copyFile, link, mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError } from '@alarena/core';
import { type ObjectStore, openBlob } from '@alarena/store';
import { diskError } from './disk-errors.js';
import type { DatasetShard } from './manifest.js';

export const DEFAULT_CACHE_BYTES = 4 * 2 ** 30;
/** A file of one process this old was left by one that died. */
const STALE_MS = 3_600_000;
const ATTEMPTS = 100;

export interface ShardCacheOptions {
  readonly cacheFolder: string;
  /** Default: 4 GiB. The shard in use stays, even when it alone is larger. */
  readonly cacheBytes?: number | undefined;
}

/** Fills under way, by path, for all caches of the process. */
const fills = new Map<string, Promise<void>>();

export class ShardCache {
  readonly #store: ObjectStore;
  readonly #folder: string;
  readonly #limit: number;

  constructor(store: ObjectStore, options: ShardCacheOptions) {
    this.#store = store;
    this.#folder = options.cacheFolder;
    this.#limit = options.cacheBytes ?? DEFAULT_CACHE_BYTES;
  }

  /** Calls `use` with a file of the shard that nobody else removes until `use` is done. */
  async withFile<T>(shard: DatasetShard, use: (path: string) => Promise<T>): Promise<T> {
    const path = this.#pathOf(shard);
    // A link of our own: the file lives on when another process drops its name from the cache.
    const own = join(this.#folder, `${shard.digest}.${randomUUID()}.use`);
    try {
      for (let attempt = 1; ; attempt++) {
        await this.#ensure(shard, path);
        if (await linkOrCopy(path, own)) break;
        if (attempt === ATTEMPTS) throw this.#failure(shard, new Error('others remove its files at once'));
      }
      return await use(own);
    } finally {
      await rm(own, { force: true });
    }
  }

  /** For a file that turned out unreadable. */
  async forget(shard: DatasetShard): Promise<void> {
    await rm(this.#pathOf(shard), { force: true });
  }

  #pathOf(shard: DatasetShard): string {
    return join(this.#folder, `${shard.digest}.h5`);
  }

  async #ensure(shard: DatasetShard, path: string): Promise<void> {
    if ((await sizeOnDisk(path)) === shard.sizeBytes) {
      const now = new Date();
      // Another process may have dropped it just now.
      await utimes(path, now, now).catch(() => undefined);
      return;
    }
    let fill = fills.get(path);
    if (fill === undefined) {
      fill = this.#fill(shard, path).finally(() => fills.delete(path));
      fills.set(path, fill);
    }
    await fill;
  }

  async #fill(shard: DatasetShard, path: string): Promise<void> {
    const part = join(this.#folder, `${shard.digest}.${randomUUID()}.part`);
    try {
      await mkdir(this.#folder, { recursive: true });
      await this.#makeRoom(shard.sizeBytes, path);
      const { digest, sizeBytes } = shard;
      const body = await openBlob(this.#store, { digest, sizeBytes });
      await pipeline(Readable.from(body, { objectMode: false }), createWriteStream(part, { flags: 'wx' }));
      await rename(part, path);
    } catch (error) {
      throw this.#failure(shard, error);
    } finally {
      await rm(part, { force: true });
    }
  }

  async #makeRoom(bytes: number, path: string): Promise<void> {
    const files: { readonly path: string; readonly bytes: number; readonly usedMs: number }[] = [];
    for (const name of await readdir(this.#folder)) {
      const file = join(this.#folder, name);
      const info = await stat(file).catch(() => undefined);
      if (info === undefined) continue;
      if (!name.endsWith('.h5')) {
        if (Date.now() - info.mtimeMs > STALE_MS) await rm(file, { force: true });
      } else if (file !== path) {
        files.push({ path: file, bytes: info.size, usedMs: info.mtimeMs });
      }
    }
    files.sort((a, b) => a.usedMs - b.usedMs || (a.path < b.path ? -1 : 1));
    let total = files.reduce((sum, file) => sum + file.bytes, bytes);
    for (const file of files) {
      if (total <= this.#limit) return;
      await rm(file.path, { force: true });
      total -= file.bytes;
    }
  }

  #failure(shard: DatasetShard, error: unknown): AppError {
    const code = error instanceof AppError ? error.code : undefined;
    if (code === 'data-loss' || code === 'not-found') {
      const state = code === 'data-loss' ? 'is corrupt' : 'is missing';
      return shardLost(shard, `${state} in the store`, error);
    }
    return diskError(error, 'a shard', this.#folder);
  }
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

async function sizeOnDisk(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.size;
}

/** False when there is no such file (any more). */
async function linkOrCopy(from: string, to: string): Promise<boolean> {
  try {
    // Not every file system has links.
    await link(from, to).catch((error: unknown) =>
      isMissing(error) ? Promise.reject(error) : copyFile(from, to),
    );
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
