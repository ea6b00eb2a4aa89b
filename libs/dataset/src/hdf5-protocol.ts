// What the event loop and the HDF5 thread say to each other. Buffers are transferred, not copied: whoever sends
// one no longer has it.

import type { SampleShape, SplitName } from './manifest.js';

export interface CreateShard {
  readonly kind: 'create';
  readonly handle: number;
  readonly path: string;
  readonly split: SplitName;
  readonly sampleShape: SampleShape;
  /** Samples in one HDF5 chunk: the unit of compression and of reading. */
  readonly chunkSamples: number;
  readonly firstId: number;
}

export interface AppendRows {
  readonly kind: 'append';
  readonly handle: number;
  /** n x h x w x c. */
  readonly images: Uint8Array<ArrayBuffer>;
  readonly labels: Int32Array<ArrayBuffer>;
}

/** Answers with where the file has its chunks of samples. */
interface FinishShard {
  readonly kind: 'finish';
  readonly handle: number;
}

/** Closes an unfinished shard. Its file is the caller's to remove. */
interface AbandonShard {
  readonly kind: 'abandon';
  readonly handle: number;
}

/** Copies row `rows[i]` of a shard to row `positions[i]` of the buffers, which come back in the answer. */
export interface ReadRows {
  readonly kind: 'read';
  readonly path: string;
  readonly split: SplitName;
  readonly sampleShape: SampleShape;
  /** Samples the shard must have. */
  readonly samples: number;
  /** Ascending; duplicates allowed. */
  readonly rows: Int32Array<ArrayBuffer>;
  readonly positions: Int32Array<ArrayBuffer>;
  readonly images: Uint8Array<ArrayBuffer>;
  readonly labels: Int32Array<ArrayBuffer>;
}

export type Hdf5Request = CreateShard | AppendRows | FinishShard | AbandonShard | ReadRows;

/** What a call gives: `read` the buffers, `finish` offset and size of each chunk of samples, in row order. */
export interface Hdf5Result {
  readonly rows?: RowBuffers;
  readonly chunks?: Float64Array<ArrayBuffer>;
}

export interface RowBuffers {
  readonly images: Uint8Array<ArrayBuffer>;
  readonly labels: Int32Array<ArrayBuffer>;
}

export interface Numbered {
  readonly call: number;
  readonly request: Hdf5Request;
}

export type Hdf5Answer =
  | { readonly call: number; readonly ok: true; readonly result: Hdf5Result }
  | { readonly call: number; readonly ok: false; readonly message: string };
