// An MNIST-like data set of four IDX files: images and labels of a train and a test split. Looked through whole
// before anything is written, so that a faulty source costs nothing but the look.

import { AppError, sha256Hex } from '@alarena/core';
import type { DatasetSource, SampleBatch, SampleShape, SourceFile, SplitInput } from '@alarena/dataset';
import type { PinnedFile } from './built-in.js';
import { type ByteSource, type IdxHeader, type IdxSummary, invalid, readIdx } from './idx.js';

const BATCH_BYTES = 1 << 20;
const IMAGE_RANK = 3;
const LABEL_RANK = 1;

interface IdxPair {
  readonly images: ByteSource;
  readonly labels: ByteSource;
}

/** Where the files of a data set are, whatever they are kept in. */
export interface IdxFiles {
  readonly train: IdxPair;
  readonly test: IdxPair;
  /** One class name a line; the label is the line. */
  readonly classes?: ByteSource | undefined;
  /** Package and version they came in. */
  readonly package?: string | undefined;
}

export interface InspectedDataset {
  readonly sampleShape: SampleShape;
  readonly classes: readonly string[];
  readonly source: DatasetSource;
  readonly samples: number;
  /** Of them, in the train split. */
  readonly trainSamples: number;
  /** Reads the images once more. */
  splits(signal?: AbortSignal): SplitInput[];
}

interface InspectedPair {
  readonly pair: IdxPair;
  readonly images: IdxSummary;
  readonly labels: Uint8Array;
  readonly files: readonly SourceFile[];
}

/** `pinned`: the digests the files must have, by name. */
export async function inspectIdx(
  files: IdxFiles,
  pinned: readonly PinnedFile[],
  signal?: AbortSignal,
): Promise<InspectedDataset> {
  const train = await inspectPair(files.train, pinned, signal);
  const test = await inspectPair(files.test, pinned, signal);
  const shape = train.images.header.itemShape;
  if (String(shape) !== String(test.images.header.itemShape)) {
    const actual = test.images.header.itemShape.join(' x ');
    const expected = shape.join(' x ');
    throw invalid(test.pair.images.name, `has images of ${actual}, the train images are ${expected}`, {
      expected,
      actual,
    });
  }
  const named = files.classes === undefined ? undefined : await readClasses(files.classes);
  const classes = named?.names ?? numbered(maxOf(train.labels) + 1);
  checkLabels(train, classes.length);
  checkLabels(test, classes.length);
  const [height = 0, width = 0] = shape;
  const source: DatasetSource = {
    format: 'idx',
    files: [...train.files, ...test.files, ...(named === undefined ? [] : [named.file])],
    ...(files.package === undefined ? {} : { package: files.package }),
  };
  return {
    sampleShape: [height, width, 1],
    classes,
    source,
    samples: train.labels.length + test.labels.length,
    trainSamples: train.labels.length,
    splits: (signal) => [
      { name: 'train', batches: batchesOf(train, signal) },
      { name: 'test', batches: batchesOf(test, signal) },
    ],
  };
}

async function inspectPair(
  pair: IdxPair,
  pinned: readonly PinnedFile[],
  signal: AbortSignal | undefined,
): Promise<InspectedPair> {
  const parts: Uint8Array[] = [];
  const labels = await drain(pair.labels, LABEL_RANK, signal, (part) => parts.push(part));
  const images = await drain(pair.images, IMAGE_RANK, signal, () => undefined);
  if (images.header.items !== labels.header.items) {
    throw invalid(
      pair.labels.name,
      `has ${labels.header.items} labels, but ${pair.images.name} has ${images.header.items} images`,
      { expected: images.header.items, actual: labels.header.items },
    );
  }
  checkPinned(pair.images.name, images, pinned);
  checkPinned(pair.labels.name, labels, pinned);
  const fileOf = ({ name }: ByteSource, { sha256, sizeBytes }: IdxSummary) => ({ name, sha256, sizeBytes });
  return {
    pair,
    images,
    labels: Buffer.concat(parts),
    files: [fileOf(pair.images, images), fileOf(pair.labels, labels)],
  };
}

async function drain(
  source: ByteSource,
  rank: number,
  signal: AbortSignal | undefined,
  take: (part: Uint8Array) => void,
): Promise<IdxSummary> {
  const parts = readIdx(source, { rank, batchItems, signal });
  for (;;) {
    const step = await parts.next();
    if (step.done) return step.value;
    take(step.value);
  }
}

async function* batchesOf(
  { pair, images, labels }: InspectedPair,
  signal: AbortSignal | undefined,
): AsyncGenerator<SampleBatch, void, undefined> {
  const parts = readIdx(pair.images, { rank: IMAGE_RANK, batchItems, signal });
  let done = 0;
  for (;;) {
    const step = await parts.next();
    if (step.done) {
      if (step.value.sha256 === images.sha256) return;
      throw new AppError('aborted', `${pair.images.name} changed while it was imported; import it again`, {
        reason: 'SOURCE_CHANGED',
        facts: { file: pair.images.name },
        retryable: true,
      });
    }
    const count = step.value.length / images.header.itemBytes;
    yield { images: step.value, labels: Int32Array.from(labels.subarray(done, done + count)) };
    done += count;
  }
}

function batchItems({ itemBytes }: IdxHeader): number {
  return Math.floor(BATCH_BYTES / itemBytes);
}

function checkPinned(name: string, { sha256 }: IdxSummary, pinned: readonly PinnedFile[]): void {
  const expected = pinned.find((file) => file.name === name)?.sha256;
  if (expected === undefined || expected === sha256) return;
  const message = `${name} is not the published file: its SHA-256 is ${sha256}, expected ${expected}`;
  throw new AppError('data-loss', `${message}; install its package again`, {
    reason: 'SOURCE_DIGEST',
    facts: { file: name, expected, actual: sha256 },
    violations: [{ field: 'source', description: message }],
  });
}

function checkLabels({ pair, labels }: InspectedPair, classes: number): void {
  const at = labels.findIndex((label) => label >= classes);
  if (at < 0) return;
  const actual = labels[at] ?? 0;
  const expected = `0 to ${classes - 1}`;
  throw invalid(pair.labels.name, `has label ${actual} at position ${at}, expected ${expected}`, {
    expected,
    actual,
  });
}

function maxOf(labels: Uint8Array): number {
  return labels.reduce((max, label) => Math.max(max, label), 0);
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, label) => String(label));
}

const MAX_CLASSES_BYTES = 1 << 20;

async function readClasses(source: ByteSource): Promise<{ names: readonly string[]; file: SourceFile }> {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const part of source.open()) {
    parts.push(part);
    sizeBytes += part.length;
    if (sizeBytes > MAX_CLASSES_BYTES) {
      throw invalid(source.name, `is larger than ${MAX_CLASSES_BYTES} bytes, too large for class names`, {
        expected: MAX_CLASSES_BYTES,
      });
    }
  }
  const bytes = Buffer.concat(parts);
  const names = bytes.toString('utf8').trim().split(/\r?\n/);
  const blank = names.findIndex((name) => name.trim() === '');
  if (blank >= 0 || new Set(names).size !== names.length) {
    throw invalid(source.name, 'must have one class name a line, none empty, none twice', {
      actual: names.length,
    });
  }
  return { names, file: { name: source.name, sha256: sha256Hex(bytes), sizeBytes } };
}
