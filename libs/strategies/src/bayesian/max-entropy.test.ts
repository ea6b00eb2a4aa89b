import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ndarray } from '@alarena/core';
import { handPool, select, strategySuite } from '../property-suite.js';
import { maxEntropy } from './max-entropy.js';

strategySuite(maxEntropy, { draws: false });

describe('max_entropy', () => {
  test('is the entropy of the mean over passes in nats', () => {
    const passes = [
      [1, 0, 0.75, 0.25, 1, 0],
      [0, 1, 0.75, 0.25, 1, 0],
    ];
    const monteCarlo = ndarray('float32', [2, 3, 2], Float32Array.from(passes.flat()));
    const { ids, scores } = select(maxEntropy, handPool({ monteCarlo }), 3);
    assert.deepEqual(ids, [0, 10, 20]);
    const quarters = -0.75 * Math.log(0.75) - 0.25 * Math.log(0.25);
    assert.deepEqual(scores, [Math.log(2), quarters, 0]);
  });
});
