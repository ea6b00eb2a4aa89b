import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type DatasetManifest, idsOf, openDataset, type Repetition, splitOf } from '@alarena/dataset';
import { appError, type Home, idxFolder, imageOf, labelOf, SAMPLE_BYTES, withHome } from '../fixtures.js';
import { createDatasetServer } from '../server.js';

const repetition: Repetition = { distinct: 40, times: 3, noise: 0.05, seed: 1 };

async function importRepeated(home: Home, name: string, changed: Partial<Repetition> = {}) {
  const source = await home.source('files', idxFolder());
  return home.server.catalogue.import(name, source, { repetition: { ...repetition, ...changed } });
}

async function read(home: Home, manifest: DatasetManifest, split: 'train' | 'validation' | 'test') {
  const found = splitOf(manifest, split);
  assert.ok(found);
  const reader = openDataset(home.store, manifest, { cacheFolder: `${home.folder}/cache` });
  const { images, labels } = await reader.read(idsOf(found));
  const imageAt = (row: number): Uint8Array => images.subarray(row * SAMPLE_BYTES, (row + 1) * SAMPLE_BYTES);
  return { imageAt, labels, samples: found.samples };
}

describe('a train split of noisy copies', () => {
  test('has each of some images several times; the others are for validation, the test split is as it was', async () => {
    await withHome(async (home) => {
      const manifest = await importRepeated(home, 'copies', { noise: 0 });
      assert.deepEqual(manifest.splits, [
        { name: 'train', samples: 120, firstId: 0 },
        { name: 'validation', samples: 860, firstId: 120 },
        { name: 'test', samples: 200, firstId: 980 },
      ]);
      const [train, validation] = [
        await read(home, manifest, 'train'),
        await read(home, manifest, 'validation'),
      ];
      const shown = (image: Uint8Array, label: number | undefined): string => `${label}: ${image.join(' ')}`;
      const rowsOf = ({ imageAt, labels, samples }: typeof train): string[] =>
        Array.from({ length: samples }, (_, row) => shown(imageAt(row), labels[row]));
      const copies = rowsOf(train);
      copies.forEach((copy, row) => {
        assert.equal(copy, copies[row - (row % 3)]);
      });
      const originals = copies.filter((_, row) => row % 3 === 0);
      assert.deepEqual(
        [...originals, ...rowsOf(validation)].sort(),
        Array.from({ length: 900 }, (_, id) => shown(imageOf(id), labelOf(id))).sort(),
      );
      const test = await read(home, manifest, 'test');
      for (let row = 0; row < 200; row++) assert.deepEqual(test.imageAt(row), imageOf(900 + row));
    });
  });

  test('each copy has noise of its own, of the deviation asked for', async () => {
    await withHome(async (home) => {
      const [clean, noisy] = [
        await importRepeated(home, 'clean', { noise: 0 }),
        await importRepeated(home, 'noisy'),
      ];
      const [before, after] = [await read(home, clean, 'train'), await read(home, noisy, 'train')];
      assert.deepEqual(after.labels, before.labels);
      const differences: number[] = [];
      for (let row = 0; row < 120; row++) {
        const [a, b] = [before.imageAt(row), after.imageAt(row)];
        assert.notDeepEqual(a, b);
        if (row % 3 > 0) assert.notDeepEqual(b, after.imageAt(row - 1));
        // Away from the ends of the scale, where values are cut.
        a.forEach((value, at) => {
          if (value > 60 && value < 195) differences.push(b[at]! - value);
        });
      }
      const mean = differences.reduce((sum, d) => sum + d, 0) / differences.length;
      const sd = Math.sqrt(differences.reduce((sum, d) => sum + (d - mean) ** 2, 0) / differences.length);
      assert.ok(Math.abs(mean) < 1.5, `mean ${mean}`);
      assert.ok(Math.abs(sd - 0.05 * 255) < 1.5, `deviation ${sd}`);
    });
  });

  test('is the same again, another one for another seed, and says in its manifest what was done', async () => {
    await withHome(async (home) => {
      const first = await importRepeated(home, 'first');
      assert.deepEqual(first.source.repetition, repetition);
      assert.deepEqual(await home.server.catalogue.get('first'), first);
      const again = await importRepeated(home, 'again');
      assert.equal(again.digest, first.digest);
      const other = await importRepeated(home, 'other', { seed: 2 });
      assert.notEqual(other.digest, first.digest);
      assert.deepEqual(await importRepeated(home, 'first'), first);
      await assert.rejects(
        importRepeated(home, 'first', { noise: 0.1 }),
        appError('already-exists', /"first"/),
      );
    });
  });

  test('refuses what cannot be, all at once', async () => {
    await withHome(async (home) => {
      await assert.rejects(
        importRepeated(home, 'x', { distinct: 901, times: 0, noise: Number.NaN, seed: -1 }),
        appError(
          'invalid-argument',
          /distinct: must be an integer from 1 to the 900 train images, got 901\n.*times: .*\n.*noise: .*\n.*seed: /,
        ),
      );
      assert.deepEqual(await home.keys(''), []);
    });
  });
});

describe('Repeated MNIST', () => {
  test('is built in', { timeout: 300_000 }, async () => {
    await withHome(async (home) => {
      const { catalogue } = createDatasetServer({
        store: home.store,
        workFolder: home.workFolder,
        cacheFolder: `${home.folder}/mnist-cache`,
      });
      const manifest = await catalogue.ensure('repeated-mnist');
      assert.deepEqual(manifest.splits, [
        { name: 'train', samples: 5_000, firstId: 0 },
        { name: 'validation', samples: 59_000, firstId: 5_000 },
        { name: 'test', samples: 10_000, firstId: 64_000 },
      ]);
      // The same wherever it is made: results are named by it.
      assert.equal(manifest.digest, '06fd25913436d8aa86e5b7e5e0b7f18fb4cada4b547b746320534d04ba918316');
      const again = await catalogue.import('mine', undefined, {
        builtIn: 'mnist',
        repetition: { distinct: 1_000, times: 5, noise: 0.0308, seed: 0 },
      });
      assert.equal(again.digest, manifest.digest);
      await assert.rejects(
        catalogue.import('mnist', undefined, { repetition }),
        appError('invalid-argument', /mnist is built in as it is; choose another name/),
      );
      await assert.rejects(
        catalogue.import('x', undefined, { builtIn: 'minst' }),
        appError('not-found', /"minst"; did you mean "mnist"/),
      );
    });
  });
});
