// Against values recorded from SciPy and statsmodels by tools/reference/scipy/statistics.py.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { holm } from './holm.js';
import { tInterval } from './intervals.js';
import { mean, sampleSd } from './moments.js';
import { pairedDifference } from './paired.js';
import { studentTCdf, studentTQuantile, studentTTwoSided } from './student-t.js';

type Triple = [x: number, degreesOfFreedom: number, expected: number];

interface Sample {
  values: number[];
  baseline: number[];
  mean: number;
  sd: number;
  ci95: [number, number];
  differenceMean: number;
  differenceCi95: [number, number];
  p: number;
}

interface Vectors {
  cdf: Triple[];
  twoSided: Triple[];
  quantile: Triple[];
  samples: Sample[];
  holm: { p: number[]; adjusted: number[] }[];
}

const file = new URL('../../testdata/scipy-statistics.json', import.meta.url);
const vectors: Vectors = JSON.parse(readFileSync(file, 'utf8'));

function close(actual: number | undefined, expected: number | undefined, what: string): void {
  assert.ok(actual !== undefined && expected !== undefined, what);
  const limit = 1e-14 + 1e-12 * Math.abs(expected);
  assert.ok(Math.abs(actual - expected) <= limit, `${what}: ${actual} against ${expected}`);
}

describe('SciPy gives the same', () => {
  test('Student t distribution function', () => {
    for (const [t, v, expected] of vectors.cdf) close(studentTCdf(t, v), expected, `cdf(${t}, ${v})`);
  });

  test('two-sided p of Student t, relative to its size', () => {
    for (const [t, v, expected] of vectors.twoSided) {
      const actual = studentTTwoSided(t, v);
      assert.ok(
        Math.abs(actual - expected) <= 2e-12 * expected,
        `p(${t}, ${v}): ${actual} against ${expected}`,
      );
    }
  });

  test('Student t quantile', () => {
    for (const [p, v, expected] of vectors.quantile) close(studentTQuantile(p, v), expected, `t(${p}, ${v})`);
  });

  test('mean, standard deviation, t interval and paired t test', () => {
    for (const sample of vectors.samples) {
      const n = sample.values.length;
      close(mean(sample.values), sample.mean, `mean of ${n}`);
      close(sampleSd(sample.values), sample.sd, `sd of ${n}`);
      sample.ci95.forEach((end, i) => {
        close(tInterval(sample.values)?.[i], end, `interval of ${n}`);
      });
      // Seeds in another order on each side: pairs go by seed.
      const values = new Map(sample.values.map((value, seed) => [seed, value]));
      const baseline = new Map(sample.baseline.map((value, seed) => [seed, value] as const).reverse());
      const difference = pairedDifference(values, baseline);
      assert.ok(difference);
      close(difference.mean, sample.differenceMean, `difference of ${n}`);
      close(difference.p ?? Number.NaN, sample.p, `p of ${n}`);
      sample.differenceCi95.forEach((end, i) => {
        close(difference.ci95?.[i], end, `interval of the difference of ${n}`);
      });
    }
  });

  test('Holm, as statsmodels has it', () => {
    for (const { p, adjusted } of vectors.holm) {
      holm(p).forEach((value, i) => {
        close(value, adjusted[i], `holm(${p.join()})[${i}]`);
      });
    }
  });
});
