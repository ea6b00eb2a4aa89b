import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { handPool, rows, select, strategySuite } from '../property-suite.js';
import { entropy, entropyMc, entropyPt } from './entropy.js';

for (const one of [entropy, entropyPt, entropyMc]) strategySuite(one, { draws: false });

describe('entropy', () => {
  test('is 1 for the uniform distribution, 0 for certainty and finite between', () => {
    const pool = handPool({ probabilities: rows([0, 0, 1, 0], [0.25, 0.25, 0.25, 0.25], [0.5, 0, 0.5, 0]) });
    const { ids, scores } = select(entropy, pool, 3);
    assert.deepEqual(ids, [10, 20, 0]);
    assert.deepEqual(scores, [1, 0.5, 0]); // ln 4 / ln 4, ln 2 / ln 4, 0
  });
});
