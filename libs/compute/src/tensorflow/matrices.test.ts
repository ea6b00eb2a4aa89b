import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type NdArray, namedRandom, ndarray, productError, scalarMatrices } from '@alarena/core';
import { loadTensorflow } from './binding.js';
import { tensorflowMatrices } from './matrices.js';

/** Values over many orders of magnitude, so that sums cancel and rounding shows. */
function matrix(rows: number, width: number, seed: number): NdArray<'float32'> {
  const random = namedRandom(seed, 'matrix');
  const values = Float32Array.from({ length: rows * width }, () => random.normal() * 10 ** random.below(4));
  return ndarray('float32', [rows, width], values);
}

function norm({ data, shape }: NdArray<'float32'>, row: number): number {
  const width = shape[1] ?? 0;
  return Math.hypot(...data.subarray(row * width, (row + 1) * width));
}

describe('products by TensorFlow', () => {
  for (const [rowsOfA, rowsOfB, width] of [
    [1, 1, 1],
    [3, 200, 16],
    [64, 33, 7],
    [150, 300, 257],
    [5, 9, 2048],
  ] as const) {
    test(`are the scalar ones within the bound: ${rowsOfA} x ${rowsOfB} rows of ${width}`, () => {
      const [a, b] = [matrix(rowsOfA + 2, width, 1), matrix(rowsOfB + 5, width, 2)];
      const ranges = [
        { from: 1, to: rowsOfA + 1 },
        { from: 3, to: rowsOfB + 3 },
      ] as const;
      const port = tensorflowMatrices();
      const [heldA, heldB] = [port.hold(a), port.hold(b)];
      const [scalarA, scalarB] = [scalarMatrices.hold(a), scalarMatrices.hold(b)];
      const products = port.products(heldA, ranges[0], heldB, ranges[1]);
      const expected = scalarMatrices.products(scalarA, ranges[0], scalarB, ranges[1]);
      assert.equal(products.length, expected.length);
      for (const [at, value] of products.entries()) {
        const [i, j] = [Math.floor(at / rowsOfB) + 1, (at % rowsOfB) + 3];
        // The scalar product is rounded once itself.
        const bound = (productError(width) + 2 ** -24) * norm(a, i) * norm(b, j);
        assert.ok(Math.abs(value - expected[at]!) <= bound, `${i}, ${j}: ${value}, expected ${expected[at]}`);
      }
      heldA.release();
      heldB.release();
    });
  }

  test('of a matrix with itself, and of two matrices either way round', () => {
    const port = tensorflowMatrices();
    const a = port.hold(ndarray('float32', [2, 2], Float32Array.of(1, 2, 3, 4)));
    const b = port.hold(ndarray('float32', [1, 2], Float32Array.of(10, -1)));
    const [all, one] = [
      { from: 0, to: 2 },
      { from: 0, to: 1 },
    ];
    assert.deepEqual(port.products(a, all, a, all), Float32Array.of(5, 11, 11, 25));
    assert.deepEqual(port.products(a, all, b, one), Float32Array.of(8, 26));
    assert.deepEqual(port.products(b, one, a, all), Float32Array.of(8, 26));
    assert.deepEqual(port.products(a, { from: 1, to: 1 }, b, one), new Float32Array(0));
    a.release();
    b.release();
  });

  test('keep what is held until it is released, and one session', () => {
    const { binding } = loadTensorflow();
    const before = [binding.getNumOfTensors(), binding.getNumOfSavedModels()];
    const port = tensorflowMatrices();
    const held = port.hold(matrix(4, 3, 1));
    const all = { from: 0, to: 4 };
    port.products(held, all, held, all);
    const now = () => [binding.getNumOfTensors(), binding.getNumOfSavedModels()];
    const oneMore = [before[0], before[1]! + 1];
    assert.deepEqual(now(), oneMore);
    held.release();
    held.release();
    assert.throws(() => port.products(held, all, held, all), /released/);
    // The session is there for what is held next, whatever its shape.
    const [next, other] = [port.hold(matrix(2, 5, 1)), port.hold(matrix(3, 5, 2))];
    port.products(other, { from: 0, to: 3 }, next, { from: 0, to: 2 });
    assert.deepEqual(now(), oneMore);
    port.products(next, { from: 0, to: 2 }, other, { from: 0, to: 3 });
    next.release();
    other.release();
    assert.deepEqual(now(), oneMore);
  });

  test('refuse what another implementation holds, and rows of another width', () => {
    const port = tensorflowMatrices();
    const [held, other] = [port.hold(matrix(2, 3, 1)), scalarMatrices.hold(matrix(2, 3, 1))];
    const all = { from: 0, to: 2 };
    assert.throws(() => port.products(held, all, other, all), /another implementation/);
    assert.throws(() => port.products(held, all, port.hold(matrix(2, 4, 1)), all), /rows of 3 and of 4/);
  });
});
