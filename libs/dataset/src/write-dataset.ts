// Writes a whole data set from batches of samples: shards, then manifest, then name. What every importer ends in.

import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@alarena/core';
import type { ObjectStore } from '@alarena/store';
import { publishDataset } from './catalogue.js';
import { diskError } from './disk-errors.js';
import {
  assertDatasetName,
  type DatasetContent,
  type DatasetManifest,
  type DatasetSource,
  type DatasetSplit,
  digestOf,
  MANIFEST_SCHEMA_VERSION,
  type SampleShape,
  type SplitName,
} from './manifest.js';
import { ChannelStatistics } from './normalisation.js';
import { ShardWriter } from './shard-writer.js';

/** n samples: `images` is n x h x w x c. The writer does not change or keep them. */
export interface SampleBatch {
  readonly images: Uint8Array;
  readonly labels: Int32Array;
}

export interface SplitInput {
  readonly name: SplitName;
  readonly batches: AsyncIterable<SampleBatch>;
}

export interface DatasetInput {
  readonly name: string;
  readonly sampleShape: SampleShape;
  readonly classes: readonly string[];
  readonly source: DatasetSource;
  /** Ids count through the splits in this order, from 0. */
  readonly splits: readonly SplitInput[];
}

export interface WriteDatasetOptions {
  /** Folder for what is being written; made when missing. */
  readonly workFolder: string;
  readonly shardBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((samplesDone: number) => void) | undefined;
}

export async function writeDataset(
  store: ObjectStore,
  input: DatasetInput,
  options: WriteDatasetOptions,
): Promise<DatasetManifest> {
  assertDatasetName(input.name);
  const folder = await makeWorkFolder(options.workFolder).catch((error: unknown) => {
    throw diskError(error, 'the import', options.workFolder);
  });
  const { sampleShape, classes } = input;
  const { signal, shardBytes } = options;
  const writer = new ShardWriter(store, { sampleShape, workFolder: folder, shardBytes, signal });
  try {
    const statistics = new ChannelStatistics(sampleShape[2]);
    const splits: DatasetSplit[] = [];
    let done = 0;
    for (const { name, batches } of input.splits) {
      const firstId = done;
      for await (const { images, labels } of batches) {
        throwIfAborted(signal);
        checkLabels(labels, classes.length, name);
        if (name === 'train') statistics.add(images);
        await writer.append(name, images, labels);
        done += labels.length;
        options.progress?.(done);
      }
      if (done > firstId) splits.push({ name, samples: done - firstId, firstId });
    }
    const shards = await writer.finish();
    const content: DatasetContent = {
      schemaVersion: MANIFEST_SCHEMA_VERSION,
      sampleShape,
      dtype: 'uint8',
      classes,
      splits,
      shards,
    };
    const manifest: DatasetManifest = {
      ...content,
      name: input.name,
      digest: digestOf(content),
      normalisation: statistics.result(),
      source: input.source,
    };
    throwIfAborted(signal);
    await publishDataset(store, manifest, { signal });
    return manifest;
  } catch (error) {
    throw diskError(error, 'the import', options.workFolder);
  } finally {
    await writer.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function checkLabels(labels: Int32Array, classes: number, split: SplitName): void {
  const bad = labels.find((label) => label < 0 || label >= classes);
  if (bad === undefined) return;
  throw new AppError(
    'invalid-argument',
    `the ${split} split has label ${bad}, expected 0 to ${classes - 1}`,
    {
      reason: 'LABEL_OUT_OF_RANGE',
    },
  );
}

/** Its name tells the process, so that the next import can remove what a killed one left. */
async function makeWorkFolder(parent: string): Promise<string> {
  await mkdir(parent, { recursive: true });
  for (const name of await readdir(parent)) {
    const owner = /^import-(\d+)-/.exec(name)?.[1];
    if (owner === undefined || isAlive(Number(owner))) continue;
    await rm(join(parent, name), { recursive: true, force: true });
  }
  return mkdtemp(join(parent, `import-${process.pid}-`));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AppError('cancelled', 'the import was cancelled', { cause: signal.reason });
}
