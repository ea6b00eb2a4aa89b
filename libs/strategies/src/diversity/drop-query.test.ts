import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ndarray } from '@alarena/core';
import { handPool, invalid, rows, select, strategySuite } from '../property-suite.js';
import { sameWithAnyMatrices } from './any-matrices.js';
import { dropQuery } from './drop-query.js';

strategySuite(dropQuery, { draws: true });
sameWithAnyMatrices(dropQuery);

describe('drop_query', () => {
  const [zero, one] = [
    [0.8, 0.2],
    [0.3, 0.7],
  ] as const;
  const passes = (...byPass: readonly (readonly (readonly number[])[])[]) =>
    ndarray('float32', [byPass.length, byPass[0]!.length, 2], Float32Array.from(byPass.flat(2)));
  // Changes of class in three passes: 2, 3, 1, 2, 3, 0; features in two groups of candidates, 0 to 2 and 10 to 12.
  const pool = handPool({
    probabilities: rows(zero, zero, zero, zero, zero, zero),
    monteCarlo: passes(
      [one, one, one, zero, one, zero],
      [one, one, zero, one, one, zero],
      [zero, one, zero, one, one, zero],
    ),
    z: rows([0], [10], [1], [2], [10.5], [4]),
  });

  test('picks the nearest to the centre of each cluster of what changes in more than half of the passes', () => {
    const { ids, scores, notes } = select(dropQuery, pool, 2);
    // The candidates 0, 10, 30 and 40: centres 1 and 10.25, to which both are equally near: lower ids.
    assert.deepEqual(
      [...ids].sort((a, b) => a - b),
      [0, 10],
    );
    assert.deepEqual([...scores].sort(), [2 / 3, 1]);
    assert.deepEqual(notes, []);
  });

  test('with too few that change takes those that change most, and says so', () => {
    const { ids, notes } = select(dropQuery, pool, 5);
    assert.deepEqual(
      [...ids].sort((a, b) => a - b),
      [0, 10, 20, 30, 40],
    );
    assert.match(notes.join(), /only 4 samples change class in more than half of 3 passes/);
  });

  test('looks at the first passes only', () => {
    const { ids } = select(dropQuery, pool, 3, { passes: 1 });
    assert.deepEqual([...ids].sort((a, b) => a - b).includes(30), false);
  });

  test('needs three passes', () => {
    const two = {
      ...pool,
      signals: {
        ...pool.signals,
        monteCarlo: passes([one, one, one, one, one, one], [one, one, one, one, one, one]),
      },
    };
    assert.throws(() => select(dropQuery, two, 2), invalid(/needs at least 3 Monte-Carlo passes, got 2/));
  });
});
