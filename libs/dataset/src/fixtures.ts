// For tests only: small data sets whose pixels and labels follow from the id, in a store in a temporary folder.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FilesystemStore } from '@alarena/store';
import type { DatasetManifest, SampleShape, SplitName } from './manifest.js';
import { type DatasetInput, type SampleBatch, type SplitInput, writeDataset } from './write-dataset.js';

export const SHAPE: SampleShape = [4, 3, 2];
export const SAMPLE_BYTES = 24;
const CLASSES = ['a', 'b', 'c'];

export function pixel(id: number, index: number): number {
  return (id * 31 + index * 7 + (id >> 3)) % 256;
}

function labelOf(id: number): number {
  return (id * 7) % CLASSES.length;
}

export function samplesFor(ids: readonly number[]): SampleBatch {
  const images = new Uint8Array(ids.length * SAMPLE_BYTES);
  ids.forEach((id, row) => {
    for (let i = 0; i < SAMPLE_BYTES; i++) images[row * SAMPLE_BYTES + i] = pixel(id, i);
  });
  return { images, labels: Int32Array.from(ids, labelOf) };
}

export type Counts = { readonly [Name in SplitName]?: number };

export function datasetInput(name: string, counts: Counts, batchSamples: number): DatasetInput {
  const splits: SplitInput[] = [];
  let firstId = 0;
  for (const split of ['train', 'validation', 'test'] as const) {
    const samples = counts[split] ?? 0;
    splits.push({ name: split, batches: batchesFrom(firstId, samples, batchSamples) });
    firstId += samples;
  }
  return { name, sampleShape: SHAPE, classes: CLASSES, source: { format: 'test', files: [] }, splits };
}

async function* batchesFrom(firstId: number, samples: number, batch: number): AsyncGenerator<SampleBatch> {
  for (let done = 0; done < samples; done += batch) {
    const count = Math.min(batch, samples - done);
    yield samplesFor(Array.from({ length: count }, (_, i) => firstId + done + i));
  }
}

export interface Home {
  readonly folder: string;
  readonly store: FilesystemStore;
  readonly work: string;
  readonly cache: string;
}

export async function withHome<T>(use: (home: Home) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'alarena-dataset-'));
  try {
    const store = new FilesystemStore(join(folder, 'store'));
    return await use({ folder, store, work: join(folder, 'work'), cache: join(folder, 'cache') });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Shards of at most 256 samples here: one chunk each, whatever `shardBytes` asks for below that. */
export function writeSmall(
  home: Home,
  counts: Counts = { train: 1000, test: 300 },
  { name = 'small', batchSamples = 100 } = {},
): Promise<DatasetManifest> {
  return writeDataset(home.store, datasetInput(name, counts, batchSamples), {
    workFolder: home.work,
    shardBytes: 256 * SAMPLE_BYTES,
  });
}
