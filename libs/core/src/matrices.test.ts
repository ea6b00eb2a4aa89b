import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ndarray } from './arrays.js';
import { productError, scalarMatrices } from './matrices.js';

test('products of ranges of rows are row-major, those of the first matrix outside', () => {
  const a = scalarMatrices.hold(ndarray('float32', [3, 2], Float32Array.of(9, 9, 1, 2, 3, 4)));
  const b = scalarMatrices.hold(ndarray('float32', [3, 2], Float32Array.of(5, 6, 7, 8, 9, 9)));
  const out = scalarMatrices.products(a, { from: 1, to: 3 }, b, { from: 0, to: 2 });
  assert.deepEqual([...out], [17, 23, 39, 53]);
});

test('the error bound grows with the width, from one rounding on', () => {
  assert.ok(productError(1) >= 2 ** -24);
  assert.ok(Math.abs(productError(2048) - 2049 * 2 ** -24) < 1e-7);
});
