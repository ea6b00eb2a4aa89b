import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { mbOutliersMean } from '../outliers/mb-outliers.js';
import { handPool, invalid, rows, select, strategySuite, syntheticPool } from '../property-suite.js';
import { entropy } from '../uncertainty/entropy.js';
import { leastConfidence } from '../uncertainty/least-confidence.js';
import { margin } from '../uncertainty/margin.js';
import { power } from './power.js';
import { presample } from './presample.js';

strategySuite(presample(leastConfidence, mbOutliersMean), { draws: false });
strategySuite(presample(entropy, mbOutliersMean), { draws: false });

describe('presample', () => {
  const strategy = presample(leastConfidence, mbOutliersMean);

  test('is named and described after both', () => {
    const { name, signals, parameters } = strategy.descriptor;
    assert.equal(name, 'mb_outliers_mean_least_confidence');
    assert.deepEqual(signals, ['probabilities', 'a0', 'a1', 'a2']);
    assert.deepEqual(
      parameters.map((parameter) => parameter.name),
      ['factor', 'reference_faults'],
    );
  });

  test('picks, by ids of the pool, the best by the second of factor · k best by the first', () => {
    const activity = rows([0], [5], [4], [3], [2], [1]);
    const pool = handPool(
      {
        probabilities: rows(
          [1, 0],
          [0.5, 0.5],
          [0.625, 0.375],
          [0.75, 0.25],
          [0.875, 0.125],
          [0.9375, 0.0625],
        ),
        ...{ a0: activity, a1: activity, a2: activity },
      },
      [60, 50, 40, 30, 20, 10],
    );
    assert.deepEqual(select(strategy, pool, 1, { factor: 1 }).ids, [50]);
    assert.deepEqual(select(strategy, pool, 1, { factor: 2 }).ids, [40]);
    assert.deepEqual(select(strategy, pool, 1).ids, [20]); // 4 of 6: 50 40 30 20
    assert.deepEqual(select(strategy, pool, 2).ids, [60, 10]); // 8: all
    assert.deepEqual(select(strategy, pool, 1, { factor: 6 }).scores, [0]);
  });

  test('refuses NaN where the first strategy would not have looked', () => {
    const pool = syntheticPool(20, 1);
    pool.signals.a0!.data.fill(Number.NaN);
    assert.throws(() => select(strategy, pool, 1), invalid(/holds NaN/));
  });

  test('does not compose strategies whose parameters have one name', () => {
    assert.throws(() => presample(power(margin), power(entropy)), /two parameters beta/);
  });
});
