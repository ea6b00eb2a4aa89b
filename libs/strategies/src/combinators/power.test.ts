import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bald } from '../bayesian/bald.js';
import { maxEntropy } from '../bayesian/max-entropy.js';
import { handPool, rows, select, strategySuite } from '../property-suite.js';
import { entropy } from '../uncertainty/entropy.js';
import { leastConfidence } from '../uncertainty/least-confidence.js';
import { margin } from '../uncertainty/margin.js';
import { marginSampling } from '../uncertainty/modal.js';
import { ratio } from '../uncertainty/ratio.js';
import { power } from './power.js';

strategySuite(power(bald), { draws: true });
for (const score of [leastConfidence, margin, ratio, entropy, maxEntropy]) {
  strategySuite(power(score), { draws: true });
}

describe('power', () => {
  // margin scores 1, 0.5, 0.25, 0
  const pool = handPool({ probabilities: rows([0.5, 0.5], [0.75, 0.25], [0.875, 0.125], [1, 0]) });
  const powerMargin = power(margin);

  test('is named after the score and takes its parameters after its own', () => {
    const { name, signals, parameters } = powerMargin.descriptor;
    assert.equal(name, 'power_margin');
    assert.deepEqual(signals, ['probabilities']);
    assert.deepEqual(
      parameters.map((parameter) => parameter.name),
      ['beta'],
    );
  });

  test('draws in proportion to score^beta', () => {
    for (const beta of [1, 2]) {
      const counts = [0, 0, 0, 0];
      for (let seed = 0; seed < 4000; seed++) {
        const [first = 0] = select(powerMargin, pool, 1, { beta }, seed).ids;
        counts[first / 10]!++;
      }
      const weights = [1, 0.5, 0.25, 0].map((score) => score ** beta);
      const total = weights.reduce((a, b) => a + b, 0);
      counts.forEach((count, at) => {
        const p = weights[at]! / total;
        const sd = Math.sqrt(4000 * p * (1 - p));
        assert.ok(Math.abs(count - 4000 * p) <= 5 * sd, `beta ${beta}: ${counts}`);
      });
    }
  });

  test('a large beta picks the k highest', () => {
    assert.deepEqual(select(powerMargin, pool, 4, { beta: 1e9 }).ids, [0, 10, 20, 30]);
  });

  test('draws the second pick in proportion to what is left', () => {
    const counts = new Map<number, number>();
    let drawn = 0;
    for (let seed = 0; seed < 6000; seed++) {
      const [first, second = 0] = select(powerMargin, pool, 2, undefined, seed).ids;
      if (first !== 0) continue;
      drawn++;
      counts.set(second, (counts.get(second) ?? 0) + 1);
    }
    const p = 2 / 3;
    assert.ok(Math.abs((counts.get(10) ?? 0) - drawn * p) <= 5 * Math.sqrt(drawn * p * (1 - p)));
  });

  test('does not draw by scores that may be negative', () => {
    assert.throws(() => select(power(marginSampling), pool, 1), /margin_sampling gives -0\.5: no score/);
    const { parameters } = power(leastConfidence).descriptor;
    assert.deepEqual(
      parameters.map(({ name }) => name),
      ['beta'],
    );
  });

  test('samples of score 0 come last, by id', () => {
    const certain = handPool({ probabilities: rows([1, 0], [0, 1], [0.5, 0.5]) }, [9, 4, 30]);
    for (let seed = 0; seed < 20; seed++) {
      assert.deepEqual(select(powerMargin, certain, 3, undefined, seed).ids, [30, 4, 9]);
    }
  });
});
