import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ndarray } from '@alarena/core';
import { handPool, select, strategySuite } from '../property-suite.js';
import { bald } from './bald.js';
import { epig } from './epig.js';

strategySuite(epig, { draws: true, parameters: { targets: 4 }, runs: 20 });

describe('epig', () => {
  // Samples 0 to 2 say which half of the passes is right; the passes disagree as much on sample 3, but of nothing else.
  const passes = Array.from({ length: 64 }, (_, pass) => {
    const half = pass % 2;
    const other = (pass >> 1) % 2;
    return [half, 1 - half, 1 - half, half, half, 1 - half, other, 1 - other];
  });
  const monteCarlo = ndarray('float32', [64, 4, 2], Float32Array.from(passes.flat()));
  const pool = handPool({ monteCarlo }, [30, 20, 10, 0]);

  test('prefers what tells about others to what tells about itself', () => {
    assert.deepEqual(select(bald, pool, 1).ids, [0]);
    const { ids, scores } = select(epig, pool, 4, { targets: 4 });
    assert.deepEqual(ids, [10, 20, 30, 0]);
    // The mutual information is log 2 with each of three targets, 0 with the other.
    [0.75, 0.75, 0.75, 0.25].forEach((share, at) => {
      assert.ok(Math.abs(scores[at]! - share * Math.LN2) < 1e-12);
    });
  });

  test('takes the whole pool where there are no more samples than targets', () => {
    const selections = [1, 2, 3].map((seed) => select(epig, pool, 2, { targets: 100 }, seed));
    assert.deepEqual(selections[1], selections[0]);
    assert.deepEqual(selections[2], selections[0]);
  });
});
