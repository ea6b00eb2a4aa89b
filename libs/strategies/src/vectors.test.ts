import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namedRandom } from '@alarena/core';
import { dot, squaredDistance, squaredNorms } from './vectors.js';

// Widths around the unrolled 4 and the chunk of 64.
const widths = [1, 3, 4, 5, 63, 64, 65, 130, 200];

function rows(count: number, width: number, name: string): Float32Array {
  const random = namedRandom(name);
  return Float32Array.from({ length: count * width }, () => random.normal());
}

function plain(width: number, term: (at: number) => number): number {
  let sum = 0;
  for (let at = 0; at < width; at++) sum += term(at);
  return sum;
}

test('dot and norms equal the plain sums', () => {
  for (const width of widths) {
    const [x, y] = [rows(2, width, 'x'), rows(2, width, 'y')];
    const expected = plain(width, (at) => x[width + at]! * y[at]!);
    assert.ok(Math.abs(dot(x, width, y, 0, width) - expected) < 1e-12 * width);
    assert.equal(squaredNorms(x, 2, width)[1], dot(x, width, x, width, width));
  }
});

test('a distance equals the plain sum, and is no smaller than a bound where it is cut short', () => {
  for (const width of widths) {
    const [x, y] = [rows(2, width, 'x'), rows(2, width, 'y')];
    const expected = plain(width, (at) => (x[width + at]! - y[at]!) ** 2);
    const distance = squaredDistance(x, width, y, 0, width);
    assert.ok(Math.abs(distance - expected) <= 1e-12 * expected);
    assert.equal(squaredDistance(x, width, y, 0, width, distance * 1.001), distance);
    assert.ok(squaredDistance(x, width, y, 0, width, distance / 3) >= distance / 3);
    assert.equal(squaredDistance(x, width, x, width, width), 0);
  }
});
