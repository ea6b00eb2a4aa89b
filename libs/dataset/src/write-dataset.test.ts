import assert from 'node:assert/strict';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { AppError } from '@alarena/core';
import { getJson, putJson } from '@alarena/store';
import { findDataset, listDatasets, readManifest, removeDataset } from './catalogue.js';
import { datasetInput, type Home, pixel, SAMPLE_BYTES, SHAPE, withHome, writeSmall } from './fixtures.js';
import { digestOf, manifestKey } from './manifest.js';
import { writeDataset } from './write-dataset.js';

async function keysOf({ store }: Home, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}

/** Changes with the layout of shards or with h5wasm; then all data sets have to be imported again. */
const RECORDED_DIGEST = 'ba5bff864b152b6280b9b4ed89bc2600d3f15f9313cefd0ed4ab883d0b8a2251';

const hasCode = (code: string) => (error: unknown) => error instanceof AppError && error.code === code;

describe('writing a data set', () => {
  test('gives the same digest for the same samples, however batched and whatever the name', async () => {
    const written = await withHome(async (home) => [
      await writeSmall(home, { train: 700, test: 90 }, { batchSamples: 700 }),
      await writeSmall(home, { train: 700, test: 90 }, { name: 'twin', batchSamples: 33 }),
    ]);
    const elsewhere = await withHome((home) =>
      writeSmall(home, { train: 700, test: 90 }, { batchSamples: 256 }),
    );
    const digests = [...written, elsewhere].map((manifest) => manifest.digest);
    assert.deepEqual(new Set(digests), new Set([RECORDED_DIGEST]));
  });

  test('gives another digest for other samples', async () => {
    const [a, b] = await withHome(async (home) => [
      await writeSmall(home, { train: 100 }, { name: 'a' }),
      await writeSmall(home, { train: 101 }, { name: 'b' }),
    ]);
    assert.notEqual(a?.digest, b?.digest);
  });

  test('describes splits, shards and ids', async () => {
    const manifest = await withHome((home) => writeSmall(home, { train: 600, validation: 5, test: 10 }));
    assert.deepEqual(manifest.splits, [
      { name: 'train', samples: 600, firstId: 0 },
      { name: 'validation', samples: 5, firstId: 600 },
      { name: 'test', samples: 10, firstId: 605 },
    ]);
    assert.deepEqual(
      manifest.shards.map(({ split, firstId, samples }) => [split, firstId, samples]),
      [
        ['train', 0, 256],
        ['train', 256, 256],
        ['train', 512, 88],
        ['validation', 600, 5],
        ['test', 605, 10],
      ],
    );
    assert.equal(manifest.digest, digestOf(manifest));
  });

  test('measures mean and deviation of each channel over the train split alone', async () => {
    const manifest = await withHome((home) => writeSmall(home, { train: 50, test: 300 }));
    for (const channel of [0, 1]) {
      const values: number[] = [];
      for (let id = 0; id < 50; id++) {
        for (let i = channel; i < SAMPLE_BYTES; i += SHAPE[2]) values.push(pixel(id, i) / 255);
      }
      const mean = values.reduce((a, b) => a + b) / values.length;
      const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
      assert.ok(Math.abs((manifest.normalisation.mean[channel] ?? 0) - mean) <= 5e-7);
      assert.ok(Math.abs((manifest.normalisation.std[channel] ?? 0) - Math.sqrt(variance)) <= 5e-7);
    }
  });

  test('reports progress and leaves no file behind, nor those of a dead process', async () => {
    await withHome(async (home) => {
      await mkdir(join(home.work, 'import-99999999-dead'), { recursive: true });
      const seen: number[] = [];
      await writeDataset(home.store, datasetInput('small', { train: 250 }, 100), {
        workFolder: home.work,
        progress: (done) => seen.push(done),
      });
      assert.deepEqual(seen, [100, 200, 250]);
      assert.deepEqual(await readdir(home.work), []);
    });
  });

  test('shows nothing when it is cancelled or its source fails', async () => {
    await withHome(async (home) => {
      const controller = new AbortController();
      const cancelled = writeDataset(home.store, datasetInput('small', { train: 900 }, 100), {
        workFolder: home.work,
        signal: controller.signal,
        progress: (done) => done >= 500 && controller.abort(),
      });
      await assert.rejects(cancelled, hasCode('cancelled'));
      const input = datasetInput('small', { train: 900 }, 100);
      const bad = { ...input, classes: ['only', 'two'] };
      await assert.rejects(
        writeDataset(home.store, bad, { workFolder: home.work }),
        hasCode('invalid-argument'),
      );
      assert.deepEqual(await keysOf(home, 'datasets/'), []);
      assert.deepEqual(await readdir(home.work), []);
    });
  });

  test('refuses other content under a name in use, and accepts the same', async () => {
    await withHome(async (home) => {
      await writeSmall(home, { train: 100 });
      await writeSmall(home, { train: 100 });
      await assert.rejects(writeSmall(home, { train: 101 }), hasCode('already-exists'));
      assert.equal((await findDataset(home.store, 'small')).splits[0]?.samples, 100);
    });
  });

  test('refuses names that cannot be keys', async () => {
    await withHome(async (home) => {
      for (const name of ['', '../x', 'A', 'a/b', 'x'.repeat(65)]) {
        await assert.rejects(writeSmall(home, { train: 1 }, { name }), hasCode('invalid-argument'));
      }
    });
  });
});

describe('the catalogue', () => {
  test('lists by name and finds by name and by digest', async () => {
    await withHome(async (home) => {
      assert.deepEqual(await listDatasets(home.store), []);
      const b = await writeSmall(home, { train: 10 }, { name: 'b' });
      const a = await writeSmall(home, { train: 10 }, { name: 'a' });
      assert.deepEqual(await listDatasets(home.store), [a, b]);
      assert.deepEqual(await findDataset(home.store, 'b'), b);
      assert.equal((await readManifest(home.store, a.digest)).digest, a.digest);
    });
  });

  test('names the nearest data set to an unknown one', async () => {
    await withHome(async (home) => {
      await writeSmall(home, { train: 10 }, { name: 'cifar10' });
      const near = (text: RegExp) => (error: unknown) =>
        error instanceof AppError && error.code === 'not-found' && text.test(error.message);
      await assert.rejects(findDataset(home.store, 'cifar1'), near(/did you mean "cifar10"/));
      await assert.rejects(findDataset(home.store, 'mnits', ['mnist']), near(/did you mean "mnist"/));
      await assert.rejects(removeDataset(home.store, 'cifar11'), near(/did you mean "cifar10"/));
    });
  });

  test('removes a name and keeps what comparisons under way read by digest', async () => {
    await withHome(async (home) => {
      const manifest = await writeSmall(home, { train: 10 });
      await removeDataset(home.store, 'small');
      await assert.rejects(findDataset(home.store, 'small'), hasCode('not-found'));
      assert.deepEqual(await readManifest(home.store, manifest.digest), manifest);
      await writeSmall(home, { train: 20 });
    });
  });

  test('believes no manifest that does not fit its digest or comes from a newer version', async () => {
    await withHome(async (home) => {
      const { digest } = await writeSmall(home, { train: 10 });
      const { value } = await readJson(home, manifestKey(digest));
      await putJson(home.store, manifestKey(digest), { ...value, classes: ['x', 'y', 'z'] });
      await assert.rejects(findDataset(home.store, 'small'), hasCode('data-loss'));
      await putJson(home.store, manifestKey(digest), { ...value, schemaVersion: 2 });
      await assert.rejects(findDataset(home.store, 'small'), hasCode('failed-precondition'));
      await putJson(home.store, manifestKey(digest), { schemaVersion: 1 });
      await assert.rejects(findDataset(home.store, 'small'), hasCode('data-loss'));
    });
  });
});

async function readJson({ store }: Home, key: string) {
  const found = await getJson(store, key, (value) => value as { readonly [key: string]: string });
  assert.ok(found);
  return found;
}
