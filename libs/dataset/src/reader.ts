// Samples by id, in the order asked for. Only the HDF5 chunks that hold wanted rows are fetched and decompressed, the
// latter off the event loop; a shard of which most is wanted, or that has no index, is fetched whole.

import { AppError } from '@alarena/core';
import type { ObjectStore } from '@alarena/store';
import type { RowBuffers } from './hdf5-protocol.js';
import { hdf5 } from './hdf5-thread.js';
import { type DatasetManifest, type DatasetShard, sampleBytesOf } from './manifest.js';
import {
  type HeldShard,
  ShardCache,
  type ShardCacheOptions,
  type ShardRequest,
  shardLost,
} from './shard-cache.js';

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

/** So many shards are fetched while others are read, as long as that takes but a part of the cache. */
const AHEAD = 8;
const AHEAD_PART = 1 / 4;

async function read(
  manifest: DatasetManifest,
  cache: ShardCache,
  ids: Int32Array | readonly number[],
  signal: AbortSignal | undefined,
): Promise<Samples> {
  const wanted = locate(manifest, ids);
  const unreadable = new Set<DatasetShard>();
  while (true) {
    let buffers: RowBuffers = {
      images: new Uint8Array(ids.length * sampleBytesOf(manifest)),
      labels: new Int32Array(ids.length),
    };
    let reading: DatasetShard | undefined;
    try {
      const requests = wanted.map((part) => ({ ...part, whole: unreadable.has(part.shard) }));
      for await (const { request, path } of heldInOrder(cache, requests, signal)) {
        reading = request.shard;
        buffers = await readShard(manifest, path, request, buffers);
      }
      return buffers;
    } catch (error) {
      if (reading === undefined || !(error instanceof AppError) || error.reason !== 'HDF5_FAILED')
        throw error;
      // The local copy was damaged after it came in: fetch it again, all of it.
      await cache.forget(reading);
      if (unreadable.has(reading)) throw shardLost(reading, 'cannot be read', error);
      unreadable.add(reading);
    }
  }
}

/** Files of the shards, in order, each held until the next is asked for. Those that follow are fetched meanwhile. */
async function* heldInOrder<R extends ShardRequest>(
  cache: ShardCache,
  requests: readonly R[],
  signal: AbortSignal | undefined,
): AsyncGenerator<{ readonly request: R; readonly path: string }, void, undefined> {
  const begun: { readonly request: R; readonly held: Promise<HeldShard> }[] = [];
  const isRoom = (next: R): boolean => {
    const bytes = begun.reduce((sum, { request }) => sum + request.shard.sizeBytes, next.shard.sizeBytes);
    return begun.length === 0 || (begun.length < AHEAD && bytes <= cache.limitBytes * AHEAD_PART);
  };
  const left = [...requests];
  try {
    while (begun.length > 0 || left.length > 0) {
      if (signal?.aborted)
        throw new AppError('cancelled', 'the read was cancelled', { cause: signal.reason });
      for (let next = left[0]; next !== undefined && isRoom(next); next = left[0]) {
        const held = cache.hold(next, signal);
        // Whether it fails is seen when its turn comes.
        held.catch(() => undefined);
        begun.push({ request: next, held });
        left.shift();
      }
      const first = begun[0];
      if (first === undefined) return;
      const { path, release } = await first.held;
      yield { request: first.request, path };
      begun.shift();
      await release();
    }
  } finally {
    await Promise.all(begun.map(({ held }) => held.then(({ release }) => release()).catch(() => undefined)));
  }
}

async function readShard(
  manifest: DatasetManifest,
  path: string,
  { shard, rows, positions }: Wanted,
  { images, labels }: RowBuffers,
): Promise<RowBuffers> {
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
  if (answer.rows === undefined)
    throw new AppError('internal', 'the HDF5 thread answered a read without rows');
  return answer.rows;
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
