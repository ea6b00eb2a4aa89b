import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { handPool, invalid, rows, select, strategySuite } from '../property-suite.js';
import { leastConfidence, leastConfidenceMc, leastConfidencePt } from './least-confidence.js';

for (const one of [leastConfidence, leastConfidencePt, leastConfidenceMc])
  strategySuite(one, { draws: false });

describe('least_confidence', () => {
  // (1 - max p) · 4/3 = 1, 2/3, 0, 2/3
  const pool = handPool({
    probabilities: rows([0.25, 0.25, 0.25, 0.25], [0.5, 0.25, 0.25, 0], [0, 0, 1, 0], [0, 0.5, 0.5, 0]),
  });

  test('scores from 0 for certain to 1 for uniform, ties by lower id', () => {
    const { ids, scores } = select(leastConfidence, pool, 4);
    assert.deepEqual(ids, [0, 10, 30, 20]);
    assert.deepEqual(scores, [1, 2 / 3, 2 / 3, 0]);
  });

  test('reference_faults reverses the order and keeps ties by lower id', () => {
    assert.deepEqual(select(leastConfidence, pool, 3, { reference_faults: true }).ids, [20, 10, 30]);
  });

  test('refuses rows that are no distribution, naming the sample', () => {
    const logits = handPool({ probabilities: rows([0.5, 0.5], [0.5, 0.9]) });
    assert.throws(() => select(leastConfidence, logits, 1), invalid(/sample 10 sums to 1\.4/));
    const negative = handPool({ probabilities: rows([1.5, -0.5]) });
    assert.throws(() => select(leastConfidence, negative, 1), invalid(/sample 0 holds 1\.5/));
  });

  test('refuses a single class', () => {
    assert.throws(
      () => select(leastConfidence, handPool({ probabilities: rows([1], [1]) }), 1),
      invalid(/signals\.probabilities: must have the shape 2 x classes \(at least 2\), got 2 x 1/),
    );
  });
});
