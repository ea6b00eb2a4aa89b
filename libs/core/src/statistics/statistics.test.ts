import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { aulc, aulcUnitSteps } from './aulc.js';
import { holm } from './holm.js';
import { tInterval } from './intervals.js';
import { mean, sampleSd } from './moments.js';
import { pairedDifference } from './paired.js';
import { studentTCdf, studentTQuantile } from './student-t.js';

describe('mean and spread', () => {
  test('equal values have exactly that mean and no spread', () => {
    assert.equal(mean([0.1, 0.1, 0.1]), 0.1);
    assert.equal(sampleSd([0.1, 0.1, 0.1]), 0);
  });

  test('are undefined where there is nothing to compute them from', () => {
    assert.ok(Number.isNaN(mean([])));
    assert.ok(Number.isNaN(sampleSd([1])));
  });
});

describe('the t interval', () => {
  test('of one value does not exist', () => {
    assert.equal(tInterval([0.9]), null);
    assert.equal(tInterval([]), null);
  });

  test('of two values by hand', () => {
    // t_0.975,1 = tan(0.475 π); sd = √2 / 10, over √2
    const half = Math.tan(0.475 * Math.PI) / 10;
    const interval = tInterval([0.7, 0.9]);
    assert.ok(interval);
    assert.ok(Math.abs(interval[0] - (0.8 - half)) < 1e-13);
    assert.ok(Math.abs(interval[1] - (0.8 + half)) < 1e-13);
  });
});

describe("Student's t", () => {
  test('the quantile inverts the distribution function', () => {
    const cases = fc.tuple(
      fc.double({ min: 0.001, max: 0.999, noNaN: true }),
      fc.integer({ min: 1, max: 200 }),
    );
    fc.assert(
      fc.property(cases, ([p, v]) => {
        assert.ok(Math.abs(studentTCdf(studentTQuantile(p, v), v) - p) < 1e-13);
      }),
    );
  });

  test('has its closed form for one degree of freedom, also next to 0 and far out', () => {
    for (const t of [1e-12, 1e-8, 1e-4, 0.3, 1, 7, 1e3, 1e8]) {
      const cdf = 0.5 + Math.atan(t) / Math.PI;
      assert.ok(Math.abs(studentTCdf(t, 1) - cdf) < 1e-15, `cdf(${t})`);
      const lower = Math.atan2(1, t) / Math.PI;
      assert.ok(Math.abs(studentTCdf(-t, 1) / lower - 1) < 1e-13, `cdf(-${t})`);
    }
  });

  test('refuses what is no probability and no degree of freedom', () => {
    assert.throws(() => studentTQuantile(1, 3), RangeError);
    assert.throws(() => studentTQuantile(Number.NaN, 3), RangeError);
    assert.throws(() => studentTCdf(1, 0), RangeError);
  });
});

describe('AULC', () => {
  test('weights every step by its labels', () => {
    const points = [
      { labels: 20, value: 0.5 },
      { labels: 40, value: 0.7 },
      { labels: 100, value: 0.9 },
    ];
    // (0.6 · 20 + 0.8 · 60) / 80
    assert.ok(Math.abs((aulc(points) ?? 0) - 0.75) < 1e-15);
    assert.ok(Math.abs((aulcUnitSteps([0.5, 0.7, 0.9]) ?? 0) - 0.7) < 1e-15);
  });

  test('of a single point does not exist', () => {
    assert.equal(aulc([{ labels: 20, value: 0.5 }]), null);
    assert.equal(aulc([]), null);
  });

  test('refuses labels that do not ascend', () => {
    const point = { labels: 20, value: 0.5 };
    assert.throws(() => aulc([point, point]), RangeError);
  });
});

describe('paired differences', () => {
  // AULC with unit steps of CIFAR-10 on frozen CLIP features, four seeds, from LabelBench's committed results.
  const bySeed = (values: number[]) => new Map(values.map((value, seed) => [seed, value]));
  const random = bySeed([0.93992, 0.94079, 0.94147, 0.94042]);
  const margin = bySeed([0.94554, 0.94578, 0.94568, 0.9453]);
  const coreset = bySeed([0.94031, 0.94003, 0.94223, 0.94081]);

  test('separate margin from random and do not separate coreset on CIFAR-10', () => {
    const near = (actual: number | undefined, expected: number): void => {
      assert.ok(actual !== undefined && Math.abs(actual - expected) < 6e-6, `${actual} against ${expected}`);
    };
    const better = pairedDifference(margin, random);
    near(better?.mean, 0.00493);
    near(better?.ci95?.[0], 0.00401);
    near(better?.ci95?.[1], 0.00584);
    const same = pairedDifference(coreset, random);
    near(same?.mean, 0.0002);
    near(same?.ci95?.[0], -0.00085);
    near(same?.ci95?.[1], 0.00125);
    assert.ok((better?.p ?? 1) < 0.05 && (same?.p ?? 0) > 0.05);
  });

  test('use the seeds both sides have, whatever their order', () => {
    const some = new Map([
      [7, 0.9],
      [3, 0.8],
      [5, 0.1],
    ]);
    const others = new Map([
      [3, 0.5],
      [9, 0.9],
      [7, 0.5],
    ]);
    const difference = pairedDifference(some, others);
    assert.deepEqual(difference?.seeds, [3, 7]);
    assert.ok(Math.abs((difference?.mean ?? 0) - 0.35) < 1e-15);
  });

  test('of one pair have no interval and no p, of none do not exist', () => {
    const one = pairedDifference(new Map([[1, 0.9]]), new Map([[1, 0.5]]));
    assert.deepEqual([one?.ci95, one?.p], [null, null]);
    assert.equal(pairedDifference(new Map([[1, 0.9]]), new Map([[2, 0.5]])), null);
  });

  test('without spread are certain: p = 1 when nothing differs, 0 when all differ alike', () => {
    assert.equal(pairedDifference(random, random)?.p, 1);
    const shifted = pairedDifference(bySeed([0.75, 0.5]), bySeed([0.5, 0.25]));
    assert.deepEqual([shifted?.p, shifted?.ci95], [0, [0.25, 0.25]]);
  });
});

describe('Holm', () => {
  test('multiplies the smallest by the number of tests and never falls along the order', () => {
    assert.deepEqual(holm([0.03, 0.01, 0.5]), [0.06, 0.03, 0.5]);
    assert.deepEqual(holm([0.02, 0.02, 0.03]), [0.06, 0.06, 0.06]);
    assert.deepEqual(holm([0.9]), [0.9]);
    assert.deepEqual(holm([0.9, 0.8]), [1, 1]);
    assert.deepEqual(holm([]), []);
  });
});
