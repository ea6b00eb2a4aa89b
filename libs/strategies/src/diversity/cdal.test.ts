import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { handPool, rows, select, strategySuite } from '../property-suite.js';
import { sameWithAnyMatrices } from './any-matrices.js';
import { cdal } from './cdal.js';

strategySuite(cdal, { draws: false });
sameWithAnyMatrices(cdal);

describe('cdal', () => {
  test('picks the predictions farthest from labelled and picked ones', () => {
    const pool = {
      ...handPool({ probabilities: rows([0.75, 0.25], [0.5, 0.5], [0, 1], [0.25, 0.75]) }),
      labelled: { ids: Int32Array.of(99), signals: { probabilities: rows([1, 0]) } },
    };
    const { ids, scores } = select(cdal, pool, 4);
    // Along one line, √2 a unit: 0 is 1 away; then 0.5 is 0.5 away from both; 0.75 and 0.25 a quarter: lower id.
    assert.deepEqual(ids, [20, 10, 0, 30]);
    scores.forEach((score, at) => {
      assert.ok(Math.abs(score - Math.SQRT2 * [1, 0.5, 0.25, 0.25][at]!) < 1e-12);
    });
  });
});
