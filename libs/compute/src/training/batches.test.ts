import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { namedRandom } from '@alarena/core';
import fc from 'fast-check';
import { epochBatches, gatherRows } from './batches.js';

function batches(samples: number, batchSize: number, minSteps: number, seed = 0): number[][] {
  return Array.from(epochBatches(samples, batchSize, minSteps, namedRandom(seed)), (rows) => [...rows]);
}

function sizes(samples: number, batchSize: number, minSteps: number): number[] {
  return batches(samples, batchSize, minSteps).map((rows) => rows.length);
}

const ascending = (a: number, b: number): number => a - b;

describe('an epoch', () => {
  test('is one pass where that makes enough steps', () => {
    assert.deepEqual(sizes(100, 32, 3), [32, 32, 32, 4]);
    assert.deepEqual(sizes(64, 32, 0), [32, 32]);
  });

  test('goes through the set again, always to its end, until there are enough steps', () => {
    assert.deepEqual(sizes(20, 64, 3), [20, 20, 20]);
    assert.deepEqual(sizes(50, 20, 4), [20, 20, 10, 20, 20, 10]);
  });

  test('has no batch of one sample, unless that is all there is', () => {
    assert.deepEqual(sizes(33, 16, 1), [16, 17]);
    assert.deepEqual(sizes(17, 16, 2), [17, 17]);
    assert.deepEqual(sizes(1, 16, 3), [1, 1, 1]);
  });

  test('sees every row once in each pass, in batches of the size asked for', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 2, max: 70 }),
        fc.integer({ min: 0, max: 30 }),
        fc.integer(),
        (samples, batchSize, minSteps, seed) => {
          const all = batches(samples, batchSize, minSteps, seed);
          const seen = all.flat();
          assert.equal(seen.length % samples, 0);
          const everyRow = Array.from({ length: samples }, (_, row) => row);
          for (let start = 0; start < seen.length; start += samples) {
            assert.deepEqual(seen.slice(start, start + samples).sort(ascending), everyRow);
          }
          assert.ok(all.length >= minSteps);
          const stepsOfAPass = all.length / (seen.length / samples);
          assert.ok(seen.length === samples || all.length - stepsOfAPass < minSteps, 'a pass too many');
          for (const { length } of all) {
            assert.ok(length <= batchSize + 1);
            assert.ok(length > 1 || samples === 1);
          }
        },
      ),
    );
  });

  test('is ordered by its generator alone, and each pass anew', () => {
    assert.deepEqual(batches(50, 20, 6, 1), batches(50, 20, 6, 1));
    assert.notDeepEqual(batches(50, 20, 6, 1), batches(50, 20, 6, 2));
    const seen = batches(50, 20, 6, 1).flat();
    assert.notDeepEqual(seen.slice(0, 50), seen.slice(50));
  });
});

test('rows are gathered in the order asked for, also twice', () => {
  const table = Uint8Array.of(0, 1, 10, 11, 20, 21);
  assert.deepEqual(gatherRows(table, 2, Int32Array.of(2, 0, 2)), Uint8Array.of(20, 21, 0, 1, 20, 21));
});
