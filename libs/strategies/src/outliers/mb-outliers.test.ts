import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { handPool, rows, select, strategySuite } from '../property-suite.js';
import { mbOutliersMax, mbOutliersMean } from './mb-outliers.js';

strategySuite(mbOutliersMean, { draws: false });
strategySuite(mbOutliersMax, { draws: false });

describe('model-based outliers', () => {
  const layers = {
    a0: rows([0, 0, 3, 1], [8, 0, 0, 0], [1, 1, 1, 1]),
    a1: rows([1, 3], [0, 0], [1, 1]),
    a2: rows([-2], [1], [1]),
  };
  const pool = handPool(layers, [0, 10, 20]);

  test('by mean are those whose layers have the lowest means, each layer counting as much', () => {
    // means 1, 2, -2; 2, 0, 1; 1, 1, 1
    const { ids, scores } = select(mbOutliersMean, pool, 3);
    assert.deepEqual(ids, [0, 10, 20]);
    assert.deepEqual(scores, [-1 / 3, -1, -1]);
  });

  test('by maximum are those whose most active unit of all is the least', () => {
    const { ids, scores } = select(mbOutliersMax, pool, 3);
    assert.deepEqual(ids, [20, 0, 10]);
    assert.deepEqual(scores, [-1, -3, -8]);
  });
});
