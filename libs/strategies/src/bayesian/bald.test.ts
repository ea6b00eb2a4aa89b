import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { namedRandom, ndarray } from '@alarena/core';
import { handPool, select, strategySuite } from '../property-suite.js';
import { bald } from './bald.js';

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

  test('is never negative where all passes agree', () => {
    // Rounding alone puts about half of these below 0.
    const random = namedRandom('agreement');
    const pass = Array.from({ length: 200 }, () => random.uniform()).flatMap((p) => [p, 1 - p]);
    const data = Float32Array.from(Array.from({ length: 7 }, () => pass).flat());
    const { scores } = select(bald, handPool({ monteCarlo: ndarray('float32', [7, 200, 2], data) }), 200);
    for (const score of scores) assert.ok(score >= 0 && score < 1e-12, String(score));
  });
});
