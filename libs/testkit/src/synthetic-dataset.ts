// A small data set that a small network learns within a few epochs: 16 x 16 grey images, as many classes as
// quadrants, the class's quadrant brighter than its noise. Ids 0 to train - 1 are for training, the rest for tests.

import { namedRandom } from '@alarena/core';
import { type DatasetManifest, type SampleBatch, type SplitInput, writeDataset } from '@alarena/dataset';
import type { ObjectStore } from '@alarena/store';

const side = 16;
const classes = ['top left', 'top right', 'bottom left', 'bottom right'];

export interface SyntheticDataset {
  /** Default: `quadrants`. */
  readonly name?: string;
  /** Default: 200. */
  readonly train?: number;
  /** Default: 60. */
  readonly test?: number;
}

/** The same name and counts give the same bytes. `workFolder` is for the shards while they are written. */
export function writeSyntheticDataset(
  store: ObjectStore,
  workFolder: string,
  { name = 'quadrants', train = 200, test = 60 }: SyntheticDataset = {},
): Promise<DatasetManifest> {
  const splits: SplitInput[] = [
    { name: 'train', batches: one(samples(name, 0, train)) },
    { name: 'test', batches: one(samples(name, train, test)) },
  ];
  const source = { format: 'synthetic', files: [] };
  return writeDataset(store, { name, sampleShape: [side, side, 1], classes, source, splits }, { workFolder });
}

async function* one(batch: SampleBatch): AsyncGenerator<SampleBatch> {
  yield batch;
}

function samples(name: string, firstId: number, count: number): SampleBatch {
  const images = new Uint8Array(count * side * side);
  const labels = new Int32Array(count);
  for (let row = 0; row < count; row++) {
    const random = namedRandom('synthetic', name, firstId + row);
    const label = random.below(classes.length);
    labels[row] = label;
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const quadrant = (y < side / 2 ? 0 : 2) + (x < side / 2 ? 0 : 1);
        images[(row * side + y) * side + x] = random.below(160) + (quadrant === label ? 60 : 0);
      }
    }
  }
  return { images, labels };
}
