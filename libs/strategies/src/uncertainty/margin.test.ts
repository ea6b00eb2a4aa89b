import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { handPool, rows, select, strategySuite } from '../property-suite.js';
import { margin, marginMc, marginPt } from './margin.js';

for (const one of [margin, marginPt, marginMc]) strategySuite(one, { draws: false });

describe('margin', () => {
  test('looks at the two highest only, ties by lower id', () => {
    const pool = handPool(
      { probabilities: rows([0.5, 0.25, 0.25], [0.25, 0.25, 0.5], [0.5, 0.5, 0], [0, 1, 0]) },
      [9, 4, 7, 1],
    );
    const { ids, scores } = select(margin, pool, 4);
    assert.deepEqual(ids, [7, 4, 9, 1]);
    assert.deepEqual(scores, [1, 0.75, 0.75, 0]);
  });
});
