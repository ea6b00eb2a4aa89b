import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { handPool, rows, select, strategySuite } from '../property-suite.js';
import { ratio, ratioMc, ratioPt } from './ratio.js';

for (const one of [ratio, ratioPt, ratioMc]) strategySuite(one, { draws: false });

describe('ratio', () => {
  const pool = handPool({
    probabilities: rows([0.5, 0.25, 0.25], [0, 0, 1], [0.5, 0, 0.5], [0.75, 0.25, 0]),
  });

  test('divides the second highest by the highest', () => {
    const { ids, scores } = select(ratio, pool, 4);
    assert.deepEqual(ids, [20, 0, 30, 10]);
    assert.deepEqual(scores, [1, 0.5, 1 / 3, 0]);
  });

  test('reference_faults reverses the order', () => {
    assert.deepEqual(select(ratio, pool, 4, { reference_faults: true }).ids, [10, 30, 0, 20]);
  });
});
