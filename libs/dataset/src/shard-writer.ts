// Writes samples as HDF5 shards and stores each as a blob once it is full. Memory: one block of about 1 MB,
// whatever the size of the data set. Equal samples in equal order give equal shards, however they were batched.

import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sizeOf } from '@alarena/core';
import { type ObjectStore, putBlob } from '@alarena/store';
import { chunkSamplesFor, DEFAULT_SHARD_BYTES, shardSamplesFor } from './chunking.js';
import { hdf5 } from './hdf5-thread.js';
import type { DatasetShard, SampleShape, ShardIndexRef, SplitName } from './manifest.js';
import { ImportRecord } from './running-imports.js';
import { putShardIndex } from './shard-index.js';

export interface ShardWriterOptions {
  readonly sampleShape: SampleShape;
  /** An existing folder for the shard being written. */
  readonly workFolder: string;
  /** Raw bytes of a full shard. Default: 32 MiB. */
  readonly shardBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface CurrentShard {
  readonly handle: number;
  readonly path: string;
  readonly split: SplitName;
  readonly firstId: number;
  samples: number;
}

/** Handles are unique in the process: its writers share one HDF5 thread. */
let handles = 0;

export class ShardWriter {
  readonly #store: ObjectStore;
  readonly #options: ShardWriterOptions;
  readonly #sampleBytes: number;
  readonly #shardSamples: number;
  readonly #shards: DatasetShard[] = [];
  readonly #record: ImportRecord;
  #current: CurrentShard | undefined;
  #nextId = 0;

  constructor(store: ObjectStore, options: ShardWriterOptions) {
    this.#store = store;
    this.#record = new ImportRecord(store);
    this.#options = options;
    this.#sampleBytes = sizeOf(options.sampleShape);
    this.#shardSamples = shardSamplesFor(this.#sampleBytes, options.shardBytes ?? DEFAULT_SHARD_BYTES);
  }

  /**
   * Appends samples, which get the next ids. All samples of a split come in a row. `images` is
   * labels.length x h x w x c.
   */
  async append(split: SplitName, images: Uint8Array, labels: Int32Array): Promise<void> {
    const bytes = this.#sampleBytes;
    if (images.length !== labels.length * bytes) {
      throw new RangeError(
        `${labels.length} samples need ${labels.length * bytes} bytes, got ${images.length}`,
      );
    }
    if (this.#current !== undefined && this.#current.split !== split) await this.#seal();
    for (let row = 0; row < labels.length; ) {
      const shard = this.#current ?? (await this.#begin(split));
      const count = Math.min(labels.length - row, this.#shardSamples - shard.samples);
      await hdf5.call({
        kind: 'append',
        handle: shard.handle,
        images: images.slice(row * bytes, (row + count) * bytes),
        labels: labels.slice(row, row + count),
      });
      shard.samples += count;
      this.#nextId += count;
      row += count;
      if (shard.samples === this.#shardSamples) await this.#seal();
    }
  }

  /** All shards, by first id. */
  async finish(): Promise<readonly DatasetShard[]> {
    await this.#seal();
    return this.#shards;
  }

  /** Drops an unfinished shard; those that are finished may be collected unless a manifest names them by now. */
  async close(): Promise<void> {
    // One that stays costs nothing but some room for a day.
    if (this.#shards.length > 0) await this.#record.remove().catch(() => {});
    const shard = this.#current;
    this.#current = undefined;
    if (shard === undefined) return;
    // What is abandoned may be half written: that closing it fails says nothing new.
    await hdf5.call({ kind: 'abandon', handle: shard.handle }).catch(() => undefined);
    await rm(shard.path, { force: true });
  }

  async #begin(split: SplitName): Promise<CurrentShard> {
    const handle = handles++;
    const path = join(this.#options.workFolder, `${handle}.h5`);
    const { sampleShape } = this.#options;
    const shard: CurrentShard = { handle, path, split, firstId: this.#nextId, samples: 0 };
    const chunkSamples = chunkSamplesFor(this.#sampleBytes);
    this.#current = shard;
    await hdf5.call({
      kind: 'create',
      handle,
      path,
      split,
      sampleShape,
      chunkSamples,
      firstId: shard.firstId,
    });
    return shard;
  }

  async #seal(): Promise<void> {
    const shard = this.#current;
    if (shard === undefined) return;
    const { chunks } = await hdf5.call({ kind: 'finish', handle: shard.handle });
    const { signal, workFolder } = this.#options;
    // A blob that is there already may be a damaged one, and the reason for importing again.
    const options = { rewrite: true, spoolFolder: workFolder, signal };
    const blob = await putBlob(this.#store, createReadStream(shard.path), options);
    const { split, firstId, samples } = shard;
    const plain = { split, digest: blob.digest, sizeBytes: blob.sizeBytes, firstId, samples };
    const index = await this.#putIndex(shard.path, chunks);
    this.#shards.push(index === undefined ? plain : { ...plain, index });
    await this.#record.note(this.#shards, signal);
    this.#current = undefined;
    await rm(shard.path, { force: true });
  }

  async #putIndex(
    path: string,
    chunks: Float64Array = new Float64Array(),
  ): Promise<ShardIndexRef | undefined> {
    const spans = Array.from({ length: chunks.length / 2 }, (_, i) => ({
      offset: chunks[2 * i] as number,
      sizeBytes: chunks[2 * i + 1] as number,
    }));
    const ref = await putShardIndex(this.#store, path, spans, this.#options.signal);
    return ref && { ...ref, chunkSamples: chunkSamplesFor(this.#sampleBytes) };
  }
}
