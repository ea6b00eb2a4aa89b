// Samples by id, in the order asked for. Only the shards that hold wanted ids are fetched; of these only the HDF5
// chunks that hold wanted rows are decompressed, off the event loop.

import { AppError } from '@alarena/core';
import type { ObjectStore } from '@alarena/store';
import type { RowBuffers } from './hdf5-protocol.js';
import { hdf5 } from './hdf5-thread.js';
import { type DatasetManifest, type DatasetShard, sampleBytesOf } from './manifest.js';
import { ShardCache, type ShardCacheOptions, shardLost } from './shard-cache.js';

/** n samples: `images` is n x h x w x c, uint8; `labels` has n. */
export interface Samples {
  readonly images: Uint8Array<ArrayBuffer>;
  readonly labels: Int32Array<ArrayBuffer>;
}

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface DatasetReader {
  readonly manifest: DatasetManifest;
  /** Throws as `read` would for ids that the data set does not have. */
  check(ids: Int32Array | readonly number[]): void;
  /** Ids may repeat. `not-found` names the first few ids that the data set does not have. */
  read(ids: Int32Array | readonly number[], options?: ReadOptions): Promise<Samples>;
}

export type ReaderOptions = ShardCacheOptions;

/** Needs no closing: files are open only while they are read. */
export function openDataset(
  store: ObjectStore,
  manifest: DatasetManifest,
  options: ReaderOptions,
): DatasetReader {
  const cache = new ShardCache(store, options);
  const check = (ids: Int32Array | readonly number[]): void => {
    shardsOf(manifest, byFirstId(manifest), ids);
  };
  return { manifest, check, read: (ids, { signal } = {}) => read(manifest, cache, ids, signal) };
}

/** The rows of one shard that are wanted, ascending, and where they go. */
interface Wanted {
  readonly shard: DatasetShard;
  readonly rows: Int32Array<ArrayBuffer>;
  readonly positions: Int32Array<ArrayBuffer>;
}

const ATTEMPTS = 2;

async function read(
  manifest: DatasetManifest,
  cache: ShardCache,
  ids: Int32Array | readonly number[],
  signal: AbortSignal | undefined,
): Promise<Samples> {
  const wanted = locate(manifest, ids);
  for (let attempt = 1; ; attempt++) {
    let buffers: RowBuffers = {
      images: new Uint8Array(ids.length * sampleBytesOf(manifest)),
      labels: new Int32Array(ids.length),
    };
    let failed: { readonly shard: DatasetShard; readonly cause: AppError } | undefined;
    for (const part of wanted) {
      if (signal?.aborted)
        throw new AppError('cancelled', 'the read was cancelled', { cause: signal.reason });
      try {
        buffers = await readShard(manifest, cache, part, buffers);
      } catch (error) {
        if (!(error instanceof AppError) || error.reason !== 'HDF5_FAILED') throw error;
        failed = { shard: part.shard, cause: error };
        break;
      }
    }
    if (failed === undefined) return buffers;
    // The local copy was damaged after it came in: fetch it again.
    await cache.forget(failed.shard);
    if (attempt === ATTEMPTS) throw shardLost(failed.shard, 'cannot be read', failed.cause);
  }
}

function readShard(
  manifest: DatasetManifest,
  cache: ShardCache,
  { shard, rows, positions }: Wanted,
  { images, labels }: RowBuffers,
): Promise<RowBuffers> {
  return cache.withFile(shard, async (path) => {
    const { split, samples } = shard;
    const answer = await hdf5.call({
      kind: 'read',
      path,
      split,
      sampleShape: manifest.sampleShape,
      samples,
      // Sent away with the call; another attempt needs them again.
      rows: rows.slice(),
      positions: positions.slice(),
      images,
      labels,
    });
    if (answer === undefined) throw new AppError('internal', 'the HDF5 thread answered a read without rows');
    return answer;
  });
}

/** The shard of each id, as a position in `shards`. Throws when an id is in none. */
function shardsOf(
  manifest: DatasetManifest,
  shards: readonly DatasetShard[],
  ids: Int32Array | readonly number[],
): Int32Array {
  const found = new Int32Array(ids.length);
  const unknown: number[] = [];
  let last = 0;
  for (let position = 0; position < ids.length; position++) {
    const id = ids[position] as number;
    // Neighbours are mostly in one shard.
    if (!holds(shards[last], id)) last = shardIndexOf(shards, id);
    found[position] = last;
    if (last >= 0) continue;
    unknown.push(id);
    last = 0;
  }
  if (unknown.length > 0) throw unknownIds(manifest, unknown);
  return found;
}

function byFirstId(manifest: DatasetManifest): DatasetShard[] {
  return [...manifest.shards].sort((a, b) => a.firstId - b.firstId);
}

function locate(manifest: DatasetManifest, ids: Int32Array | readonly number[]): Wanted[] {
  const shards = byFirstId(manifest);
  const shardOf = shardsOf(manifest, shards, ids);
  const counts = new Int32Array(shards.length);
  for (const index of shardOf) counts[index] = (counts[index] as number) + 1;
  const packed = Array.from(counts, (count) => new Float64Array(count));
  counts.fill(0);
  for (let position = 0; position < ids.length; position++) {
    const index = shardOf[position] as number;
    const row = (ids[position] as number) - (shards[index] as DatasetShard).firstId;
    const slot = counts[index] as number;
    // Row and position in one number, so that sorting by row is a sort of numbers.
    (packed[index] as Float64Array)[slot] = row * ids.length + position;
    counts[index] = slot + 1;
  }
  return shards.flatMap((shard, index) => {
    const entries = packed[index] as Float64Array;
    return entries.length === 0 ? [] : { shard, ...unpack(entries.sort(), ids.length) };
  });
}

function unpack(entries: Float64Array, radix: number): Omit<Wanted, 'shard'> {
  const rows = new Int32Array(entries.length);
  const positions = new Int32Array(entries.length);
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i] as number;
    const row = Math.floor(entry / radix);
    rows[i] = row;
    positions[i] = entry - row * radix;
  }
  return { rows, positions };
}

function holds(shard: DatasetShard | undefined, id: number): boolean {
  return (
    shard !== undefined && Number.isInteger(id) && id >= shard.firstId && id < shard.firstId + shard.samples
  );
}

function shardIndexOf(shards: readonly DatasetShard[], id: number): number {
  let low = 0;
  let high = shards.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const shard = shards[middle];
    if (shard !== undefined && shard.firstId + shard.samples <= id) low = middle + 1;
    else high = middle;
  }
  return holds(shards[low], id) ? low : -1;
}

function unknownIds(manifest: DatasetManifest, unknown: readonly number[]): AppError {
  const named = unknown.slice(0, 5).join(', ');
  const more = unknown.length > 5 ? ` and ${unknown.length - 5} more` : '';
  const ranges = manifest.splits.map(
    ({ name, firstId, samples }) => `${name} ${firstId} to ${firstId + samples - 1}`,
  );
  const description = `"${manifest.name}" has no sample ${named}${more}; its ids are ${ranges.join(', ')}`;
  return new AppError('not-found', description, {
    reason: 'SAMPLE_UNKNOWN',
    facts: { dataset: manifest.name, unknown: unknown.length },
    violations: [{ field: 'ids', description }],
  });
}
