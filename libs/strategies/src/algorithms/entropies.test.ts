import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { namedRandom } from '@alarena/core';
import { entropies } from './entropies.js';

const kinds = {
  float32: (values: Iterable<number>) => Float32Array.from(values),
  float64: (values: Iterable<number>) => Float64Array.from(values),
};

function plain(row: readonly number[]): number {
  return row.reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0);
}

describe('entropies', () => {
  for (const [kind, arrayOf] of Object.entries(kinds)) {
    test(`of ${kind} rows equal the formula to 1e-15`, () => {
      const random = namedRandom('entropies', kind);
      for (const spread of [0.1, 3, 30, 100]) {
        const classes = 2 + random.below(30);
        const rows = Array.from({ length: 200 }, () => {
          const weights = Array.from({ length: classes }, () => Math.exp(-spread * random.uniform()));
          const sum = weights.reduce((a, b) => a + b, 0);
          return arrayOf(weights.map((weight) => weight / sum));
        });
        const found = entropies(arrayOf(rows.flatMap((row) => [...row])), classes);
        rows.forEach((row, at) => {
          const expected = plain([...row]);
          const error = Math.abs(found[at]! - expected);
          assert.ok(error <= 1e-15 * Math.max(1, expected), `${found[at]} instead of ${expected}`);
        });
      }
    });

    test(`of ${kind} rows are exact where p is 0, -0, 1 or a half`, () => {
      const data = arrayOf([1, 0, 0, 0, 0.5, 0.5, -0, 1, 0, 0.25, 0.5, 0.25]);
      assert.deepEqual([...entropies(data, 3)], [0, Math.LN2, 0, 1.5 * Math.LN2]);
    });

    test(`of ${kind} numbers are right in every step of the table and near its edges`, () => {
      const values = arrayOf(Array.from({ length: 30_000 }, (_, i) => 2 ** (-5 * (i / 30_000) - 1e-9)));
      entropies(values, 1).forEach((value, i) => {
        assert.ok(Math.abs(value - plain([values[i]!])) < 3e-16, `p = ${values[i]}`);
      });
    });
  }

  test('are finite and about as small as they should be for the smallest numbers', () => {
    const tiny = [2 ** -149, 2 ** -130, 2 ** -126, 2 ** -120];
    entropies(Float32Array.from(tiny.flatMap((p) => [p, 1])), 2).forEach((entropy, row) => {
      const expected = plain([tiny[row]!]);
      assert.ok(Math.abs(entropy - expected) <= 0.2 * expected, `${entropy} instead of ${expected}`);
    });
  });
});
