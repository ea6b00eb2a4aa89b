import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type NdArray, namedRandom, ndarray } from '@alarena/core';
import fc from 'fast-check';
import { dot, lowerToAll, lowerToCentre } from './vectors.js';

function matrix(rows: number, width: number, name: string): NdArray<'float32'> {
  const random = namedRandom(name);
  return ndarray(
    'float32',
    [rows, width],
    Float32Array.from({ length: rows * width }, () => random.normal()),
  );
}

function plainDistance(x: NdArray<'float32'>, i: number, y: NdArray<'float32'>, j: number): number {
  const width = x.shape[1]!;
  let sum = 0;
  for (let c = 0; c < width; c++) sum += (x.data[i * width + c]! - y.data[j * width + c]!) ** 2;
  return sum;
}

// Widths around the unrolled 4 and the chunk of 64, numbers of centres around the block of 64.
const shapes = fc.tuple(
  fc.constantFrom(1, 3, 4, 5, 63, 64, 65, 130, 200),
  fc.constantFrom(1, 2, 63, 64, 65, 130),
  fc.string(),
);

describe('distances to the nearest centre', () => {
  test('equal the plain double loop, whatever is cut short', () => {
    fc.assert(
      fc.property(shapes, ([width, centres, name]) => {
        const [x, y] = [matrix(9, width, name), matrix(centres, width, `${name} centres`)];
        const all = new Float64Array(9).fill(Number.POSITIVE_INFINITY);
        lowerToAll(all, x, y);
        const oneByOne = new Float64Array(9).fill(Number.POSITIVE_INFINITY);
        for (let j = centres - 1; j >= 0; j--) lowerToCentre(oneByOne, x, y, j);
        assert.deepEqual(all, oneByOne);
        for (let i = 0; i < 9; i++) {
          const distances = Array.from({ length: centres }, (_, j) => plainDistance(x, i, y, j));
          const expected = Math.min(...distances);
          assert.ok(Math.abs(all[i]! - expected) <= 1e-12 * expected, `${all[i]} against ${expected}`);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('are exactly 0 to a copy', () => {
    const x = matrix(3, 150, 'copies');
    const nearest = new Float64Array(3).fill(Number.POSITIVE_INFINITY);
    lowerToAll(nearest, x, x);
    assert.deepEqual(nearest, new Float64Array(3));
  });
});

test('dot equals the plain sum', () => {
  for (const width of [1, 3, 4, 6, 64, 131]) {
    const [x, y] = [matrix(2, width, 'x'), matrix(2, width, 'y')];
    let expected = 0;
    for (let c = 0; c < width; c++) expected += x.data[width + c]! * y.data[c]!;
    assert.ok(Math.abs(dot(x.data, width, y.data, 0, width) - expected) < 1e-12 * width);
  }
});
