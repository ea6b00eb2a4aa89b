// For tests only: a data set of shards that are large enough for an index, written fast. Pixels follow from the id.

import { join } from 'node:path';
import type { Home } from './fixtures.js';
import type { DatasetManifest, SampleShape } from './manifest.js';
import type { Samples } from './reader.js';
import { type SampleBatch, writeDataset } from './write-dataset.js';

const PIECES_SHAPE: SampleShape = [64, 64, 3];
const BYTES = 64 * 64 * 3;
const CLASSES = 7;
const BATCH = 256;

// Noise to take pictures from: a generator for each picture would take longer than zipping it.
const noise = new Uint8Array(1 << 20);
for (let i = 0, state = 1; i < noise.length; i++) {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  noise[i] = state >>> 24;
}

/** Half noise, so zipped to half. */
function fill(image: Uint8Array, id: number): void {
  const half = image.length / 2;
  const start = (id * 7919) % (noise.length - half);
  image.set(noise.subarray(start, start + half));
  image.fill(id % 251, half);
  new DataView(image.buffer, image.byteOffset).setUint32(0, id);
}

export function picturesFor(ids: readonly number[]): Samples {
  const images = new Uint8Array(ids.length * BYTES);
  ids.forEach((id, row) => {
    fill(images.subarray(row * BYTES, (row + 1) * BYTES), id);
  });
  return { images, labels: Int32Array.from(ids, (id) => id % CLASSES) };
}

async function* pictures(samples: number): AsyncGenerator<SampleBatch> {
  for (let done = 0; done < samples; done += BATCH) {
    yield picturesFor(Array.from({ length: Math.min(BATCH, samples - done) }, (_, i) => done + i));
  }
}

/** Chunks of 4 samples (48 kB raw, about 25 kB stored), shards of `shardSamples`. */
export function writePictures(home: Home, samples: number, shardSamples: number): Promise<DatasetManifest> {
  const input = {
    name: 'pictures',
    sampleShape: PIECES_SHAPE,
    classes: Array.from({ length: CLASSES }, (_, label) => `class ${label}`),
    source: { format: 'test', files: [] },
    splits: [{ name: 'train', batches: pictures(samples) } as const],
  };
  return writeDataset(home.store, input, {
    workFolder: join(home.folder, 'work'),
    shardBytes: shardSamples * BYTES,
  });
}
