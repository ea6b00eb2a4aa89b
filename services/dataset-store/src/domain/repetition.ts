// A train split of noisy copies, as in the BatchBALD paper's Repeated MNIST (arXiv 1906.08158, section 4.2): some images,
// each several times, so that picking the k best one by one buys the same thing k times. Each copy has Gaussian noise of
// its own, rounded to a byte. The images that are not repeated become the validation split: no copy of what is labelled is
// ever validated on.

import { AppError, type FieldViolation, namedRandom, type Random, shuffle } from '@alarena/core';
import type { Repetition, SampleBatch, SplitInput } from '@alarena/dataset';
import type { InspectedDataset } from './idx-dataset.js';

const WHITE = 255;
const MAX_TIMES = 1_000;

/** Copies of an image follow each other, images in the order of the source: copy t of the i-th has the id times · i + t. */
export function repeated(found: InspectedDataset, repetition: Repetition): InspectedDataset {
  checkRepetition(repetition, found.trainSamples);
  const { distinct, times, noise, seed } = repetition;
  const positions = Int32Array.from({ length: found.trainSamples }, (_, position) => position);
  const chosen = new Set(shuffle(positions, namedRandom(seed, 'repetition')).subarray(0, distinct));
  const copies = distinct * times;
  return {
    ...found,
    source: { ...found.source, repetition },
    samples: found.samples + copies - distinct,
    trainSamples: copies,
    splits: (signal) => {
      const isChosen = (position: number): number => Number(chosen.has(position));
      const train = copiesOf(
        trainOf(found, signal),
        (position) => times * isChosen(position),
        (image, position, copy) =>
          addNoise(image, noise * WHITE, namedRandom(seed, 'repetition', position, copy)),
      );
      const others = copiesOf(
        trainOf(found, signal),
        (position) => 1 - isChosen(position),
        () => {},
      );
      return [
        { name: 'train', batches: train },
        { name: 'validation', batches: others },
        ...found.splits(signal).filter(({ name }) => name !== 'train'),
      ];
    },
  };
}

function trainOf(found: InspectedDataset, signal: AbortSignal | undefined): SplitInput['batches'] {
  const train = found.splits(signal).find(({ name }) => name === 'train');
  if (train !== undefined) return train.batches;
  throw new AppError('internal', 'a data set without a train split was to be repeated');
}

/** `takes` says how many copies of the image at a position; batches stay as large as they come. */
async function* copiesOf(
  batches: AsyncIterable<SampleBatch>,
  takes: (position: number) => number,
  noisy: (image: Uint8Array, position: number, copy: number) => void,
): AsyncGenerator<SampleBatch, void, undefined> {
  let first = 0;
  for await (const { images, labels } of batches) {
    const bytes = images.length / labels.length;
    let taken = emptyBatch(labels.length, bytes);
    let rows = 0;
    for (let row = 0; row < labels.length; row++) {
      for (let copy = 0; copy < takes(first + row); copy++) {
        taken.images.set(images.subarray(row * bytes, (row + 1) * bytes), rows * bytes);
        taken.labels[rows] = labels[row] as number;
        noisy(taken.images.subarray(rows * bytes, (rows + 1) * bytes), first + row, copy);
        rows++;
        if (rows < labels.length) continue;
        yield taken;
        taken = emptyBatch(labels.length, bytes);
        rows = 0;
      }
    }
    first += labels.length;
    if (rows > 0)
      yield { images: taken.images.subarray(0, rows * bytes), labels: taken.labels.subarray(0, rows) };
  }
}

function emptyBatch(samples: number, bytes: number): SampleBatch {
  return { images: new Uint8Array(samples * bytes), labels: new Int32Array(samples) };
}

/** `sd` in grey levels. */
function addNoise(image: Uint8Array, sd: number, random: Random): void {
  for (let at = 0; at < image.length; at++) {
    const value = Math.round((image[at] as number) + sd * random.normal());
    image[at] = Math.min(WHITE, Math.max(0, value));
  }
}

function checkRepetition({ distinct, times, noise, seed }: Repetition, trainSamples: number): void {
  const violations: FieldViolation[] = [];
  const check = (field: string, fits: boolean, wanted: string, value: number): void => {
    if (!fits)
      violations.push({ field: `repetition.${field}`, description: `must be ${wanted}, got ${value}` });
  };
  const integer = (value: number, most: number): boolean =>
    Number.isInteger(value) && value >= 1 && value <= most;
  check(
    'distinct',
    integer(distinct, trainSamples),
    `an integer from 1 to the ${trainSamples} train images`,
    distinct,
  );
  check('times', integer(times, MAX_TIMES), `an integer from 1 to ${MAX_TIMES}`, times);
  check('noise', noise >= 0 && noise <= 1, 'a number from 0 to 1', noise);
  check('seed', Number.isSafeInteger(seed) && seed >= 0, 'an integer of at least 0', seed);
  if (violations.length > 0) throw AppError.invalid('the train images cannot be repeated:', violations);
}
