import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AppError } from '@alarena/core';
import fc from 'fast-check';
import type { DatasetManifest, DatasetSplit } from './manifest.js';
import { drawSplit, type SplitOptions } from './splits.js';

const TRAIN: DatasetSplit = { name: 'train', samples: 500, firstId: 0 };
const TEST: DatasetSplit = { name: 'test', samples: 120, firstId: 500 };
const VALIDATION: DatasetSplit = { name: 'validation', samples: 60, firstId: 620 };

function manifestWith(splits: readonly DatasetSplit[]): DatasetManifest {
  return {
    schemaVersion: 1,
    name: 'small',
    digest: 'f'.repeat(64),
    sampleShape: [2, 2, 1],
    dtype: 'uint8',
    classes: ['a', 'b'],
    splits,
    shards: [],
    normalisation: { mean: [0], std: [1] },
    source: { format: 'test', files: [] },
  };
}

const manifest = manifestWith([TRAIN, TEST]);
const options: SplitOptions = { seed: 3, poolSize: 200, validationSize: 50, testSize: 40, initialLabels: 10 };

function violationsOf(call: () => unknown): Record<string, string> {
  try {
    call();
  } catch (error) {
    assert.ok(error instanceof AppError);
    assert.equal(error.code, 'invalid-argument');
    return Object.fromEntries(error.violations.map(({ field, description }) => [field, description]));
  }
  throw new assert.AssertionError({ message: 'nothing was thrown' });
}

function isAscending(ids: Int32Array): boolean {
  return ids.every((id, i) => i === 0 || id > (ids[i - 1] as number));
}

describe('drawSplit', () => {
  test('gives sets of the sizes asked for, ascending, disjoint and from the right splits', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 0, max: 499 }),
        fc.integer({ min: 1, max: 120 }),
        fc.nat(),
        fc.nat(),
        (seed, validationSize, testSize, a, b) => {
          const poolSize = 1 + (a % (500 - validationSize));
          const initialLabels = 1 + (b % poolSize);
          const drawn = drawSplit(manifest, { seed, validationSize, testSize, poolSize, initialLabels });
          assert.equal(drawn.validation.length, validationSize);
          assert.equal(drawn.pool.length, poolSize);
          assert.equal(drawn.initial.length, initialLabels);
          assert.equal(drawn.test.length, testSize);
          for (const ids of Object.values(drawn)) assert.ok(isAscending(ids));
          assert.equal(new Set([...drawn.validation, ...drawn.pool]).size, validationSize + poolSize);
          const pool = new Set(drawn.pool);
          assert.ok(drawn.initial.every((id) => pool.has(id)));
          assert.ok([...drawn.pool, ...drawn.validation].every((id) => id >= 0 && id < 500));
          assert.ok(drawn.test.every((id) => id >= 500 && id < 620));
        },
      ),
    );
  });

  test('depends on the seed for everything but the test set', () => {
    const first = drawSplit(manifest, options);
    const other = drawSplit(manifest, { ...options, seed: 4 });
    assert.deepEqual(drawSplit(manifest, options), first);
    assert.notDeepEqual(other.pool, first.pool);
    assert.notDeepEqual(other.validation, first.validation);
    assert.notDeepEqual(other.initial, first.initial);
    assert.deepEqual(other.test, first.test);
  });

  test('does not depend on the name of the data set', () => {
    assert.deepEqual(drawSplit({ ...manifest, name: 'other' }, options), drawSplit(manifest, options));
  });

  test('keeps a recorded draw: changing it changes every result there is', () => {
    const { validation, pool, initial, test: tested } = drawSplit(manifest, options);
    assert.deepEqual(
      [validation, pool, initial, tested].map((ids) => [...ids.subarray(0, 5)]),
      [
        [17, 22, 26, 36, 45],
        [0, 2, 3, 5, 8],
        [30, 81, 110, 138, 146],
        [501, 503, 504, 506, 507],
      ],
    );
  });

  test('grows the test set by adding ids', () => {
    const small = drawSplit(manifest, { ...options, testSize: 20 }).test;
    const large = new Set(drawSplit(manifest, { ...options, testSize: 30 }).test);
    assert.ok(small.every((id) => large.has(id)));
  });

  test('takes the rest as pool and the whole test split by default', () => {
    const drawn = drawSplit(manifest, { seed: 0, validationSize: 50, initialLabels: 1 });
    assert.equal(drawn.pool.length, 450);
    assert.equal(drawn.test.length, 120);
  });

  test('takes validation from the split made for it, and leaves the train split whole', () => {
    const own = manifestWith([TRAIN, TEST, VALIDATION]);
    const drawn = drawSplit(own, { seed: 0, validationSize: 20, initialLabels: 1 });
    assert.equal(drawn.pool.length, 500);
    assert.equal(drawn.validation.length, 20);
    assert.ok(drawn.validation.every((id) => id >= 620 && id < 680));
  });
});

describe('drawSplit refuses', () => {
  test('all sizes that do not fit at once, saying what there is', () => {
    const found = violationsOf(() =>
      drawSplit(manifest, { seed: 0, validationSize: 400, poolSize: 101, initialLabels: 102, testSize: 121 }),
    );
    assert.deepEqual(Object.keys(found).sort(), [
      'protocol.initialLabels',
      'protocol.poolSize',
      'protocol.testSize',
    ]);
    assert.match(found['protocol.poolSize'] ?? '', /from 1 to 100: .*500 samples, of which 400 .*got 101/);
    assert.match(found['protocol.initialLabels'] ?? '', /the pool has 100 samples/);
    assert.match(found['protocol.testSize'] ?? '', /120 samples, got 121/);
  });

  test('a validation set that leaves no pool', () => {
    const found = violationsOf(() => drawSplit(manifest, { ...options, validationSize: 500 }));
    assert.match(found['protocol.validationSize'] ?? '', /from 0 to 499/);
  });

  test('more validation than the split made for it has', () => {
    const own = manifestWith([TRAIN, VALIDATION, TEST]);
    const found = violationsOf(() => drawSplit(own, { ...options, validationSize: 61 }));
    assert.match(found['protocol.validationSize'] ?? '', /validation split has 60 samples/);
  });

  test('fractions, zero and a data set without a test split', () => {
    const found = violationsOf(() =>
      drawSplit(manifestWith([TRAIN]), {
        seed: 0,
        validationSize: 1.5,
        poolSize: 0,
        initialLabels: Number.NaN,
      }),
    );
    assert.deepEqual(Object.keys(found).sort(), [
      'protocol.initialLabels',
      'protocol.poolSize',
      'protocol.testSize',
      'protocol.validationSize',
    ]);
  });
});
