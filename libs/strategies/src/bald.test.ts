import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ndarray } from '@alarena/core';
import { bald } from './bald.js';
import { handPool, select, strategySuite } from './property-suite.js';

strategySuite(bald, { draws: false });

describe('bald', () => {
  test('is the entropy of the mean less the mean of the entropies', () => {
    // Two passes over samples that: disagree with certainty, agree on doubt, agree on certainty.
    const passes = [
      [1, 0, 0.5, 0.5, 1, 0],
      [0, 1, 0.5, 0.5, 1, 0],
    ];
    const monteCarlo = ndarray('float32', [2, 3, 2], Float32Array.from(passes.flat()));
    const { ids, scores } = select(bald, handPool({ monteCarlo }), 3);
    assert.deepEqual(ids, [0, 10, 20]);
    assert.deepEqual(scores, [Math.log(2), 0, 0]);
  });

  test('is 0, not a rounding error, where all passes agree', () => {
    const row = [0.1, 0.2, 0.7];
    const data = Float32Array.from(Array.from({ length: 7 }, () => row).flat());
    const { scores } = select(bald, handPool({ monteCarlo: ndarray('float32', [7, 1, 3], data) }), 1);
    assert.ok(scores[0] !== undefined && scores[0] >= 0 && scores[0] < 1e-12, String(scores[0]));
  });
});
