// A worker that needs a few samples of a large data set in S3 fetches little more than these: bytes are counted where they
// pass, before a real server.

import assert from 'node:assert/strict';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { namedRandom } from '@alarena/core';
import { type DatasetManifest, openDataset, type SampleBatch, writeDataset } from '@alarena/dataset';
import { S3Store } from '@alarena/store';
import { startCuttingProxy } from './cutting-proxy.js';
import { settingsFor } from './s3-store.fixture.js';
import { startMinio, startSeaweed } from './servers/s3.js';
import { temporaryFolder } from './temporary-folder.js';

const side = 64;
const sampleBytes = side * side * 3;
const samples = 6_144;
const batch = 512;

for (const [name, start] of [
  ['MinIO', startMinio],
  ['SeaweedFS', startSeaweed],
] as const) {
  describe(`a data set of ${Math.round((samples * sampleBytes) / 1e6)} MB on ${name}`, () => {
    test('gives 100 samples for a few of its bytes, and within a small cache', async (t) => {
      const server = await start();
      t.after(() => server.stop());
      const settings = await settingsFor(t, server, 'datasets');
      const folder = await temporaryFolder(t);
      const writing = new S3Store(settings);
      t.after(() => writing.close());
      const manifest = await writePictures(writing, join(folder, 'work'));
      const stored = manifest.shards.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      assert.ok(stored > samples * sampleBytes * 0.95, `${stored} bytes: they cannot be compressed`);

      const proxy = await startCuttingProxy(t, server.endpoint);
      const store = new S3Store({ ...settings, endpoint: proxy.endpoint });
      t.after(() => store.close());
      const cacheBytes = 2_000_000;
      const cacheFolder = join(folder, 'cache');
      const reader = openDataset(store, manifest, { cacheFolder, cacheBytes });
      const random = namedRandom('s3-dataset', 1);
      const ids = Array.from({ length: 100 }, () => random.below(samples));
      for (let first = 0; first < ids.length; first += 20) {
        const wanted = ids.slice(first, first + 20);
        assert.deepEqual((await reader.read(wanted)).images, imagesOf(wanted));
        assert.ok((await heldBytes(cacheFolder)) <= cacheBytes);
      }
      const wire = proxy.answeredBytes();
      assert.ok(wire >= ids.length * sampleBytes * 0.9, `${wire} bytes`);
      assert.ok(wire < 0.12 * stored, `${wire} of ${stored} bytes`);
      t.diagnostic(`${(wire / 1e6).toFixed(1)} MB of ${(stored / 1e6).toFixed(0)} MB came over the wire`);
    });
  });
}

function writePictures(store: S3Store, workFolder: string): Promise<DatasetManifest> {
  async function* batches(): AsyncGenerator<SampleBatch> {
    for (let first = 0; first < samples; first += batch) {
      const ids = Array.from({ length: batch }, (_, i) => first + i);
      yield { images: imagesOf(ids), labels: Int32Array.from(ids, (id) => id % 7) };
    }
  }
  const input = {
    name: 'pictures',
    sampleShape: [side, side, 3] as const,
    classes: Array.from({ length: 7 }, (_, label) => `class ${label}`),
    source: { format: 'test', files: [] },
    splits: [{ name: 'train', batches: batches() } as const],
  };
  return writeDataset(store, input, { workFolder, shardBytes: 16 * 1024 * 1024 });
}

/** Noise from a linear congruential generator: fast, and no zip makes it smaller. */
function imagesOf(ids: readonly number[]): Uint8Array {
  const images = new Uint8Array(ids.length * sampleBytes);
  ids.forEach((id, row) => {
    let state = Math.imul(id + 1, 2_654_435_761) >>> 0;
    for (let i = row * sampleBytes; i < (row + 1) * sampleBytes; i++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      images[i] = state >>> 24;
    }
  });
  return images;
}

async function heldBytes(folder: string): Promise<number> {
  const sizes = await Promise.all(
    (await readdir(folder)).map(async (name) => (await stat(join(folder, name))).blocks * 512),
  );
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}
