import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { highest, topTwo } from './top-two.js';

const kinds = {
  float32: (values: readonly number[]) => Float32Array.from(values),
  float64: (values: readonly number[]) => Float64Array.from(values),
};

describe('the two highest probabilities', () => {
  for (const [kind, arrayOf] of Object.entries(kinds)) {
    test(`of ${kind} rows are those of a sorted row`, () => {
      const p = fc.oneof(fc.float({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, -0, 1, 0.5));
      fc.assert(
        fc.property(fc.integer({ min: 2, max: 6 }), fc.array(p, { maxLength: 40 }), (classes, values) => {
          const data = arrayOf(values.slice(0, values.length - (values.length % classes)));
          const { first, second, suspect } = topTwo(data, classes);
          assert.equal(first.length, data.length / classes);
          assert.deepEqual(highest(data, classes), { first, suspect, ...(kind === 'float64' && { second }) });
          first.forEach((highest, row) => {
            const sorted = data.slice(row * classes, (row + 1) * classes).sort((a, b) => b - a);
            assert.ok(highest === sorted[0] && second[row] === sorted[1]);
          });
        }),
      );
    });
  }

  test('rows that may be no distributions are seen on the way', () => {
    const fine = [0.25, 0.75, 0, 0, 1, 0];
    for (const row of [
      [0.25, 0.75, 0.5],
      [-0.5, 0.75, 0.75],
      [Number.NaN, 0, 1],
      [0, 1, Infinity],
    ]) {
      assert.ok(!topTwo(Float32Array.from(fine), 3).suspect && !highest(Float32Array.from(fine), 3).suspect);
      const bad = Float32Array.from([...fine, ...row, ...fine]);
      assert.ok(topTwo(bad, 3).suspect && highest(bad, 3).suspect, `${row}`);
    }
  });
});
