import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { bytesOf, bytesPerElement, fromBytes, ndarray, sizeOf } from './arrays.js';

describe('ndarray', () => {
  test('holds data that fill its shape', () => {
    const array = ndarray('int32', [2, 3], Int32Array.of(1, 2, 3, 4, 5, 6));
    assert.deepEqual([array.dtype, array.shape, sizeOf(array.shape)], ['int32', [2, 3], 6]);
    assert.equal(sizeOf([]), 1); // a scalar
    assert.equal(ndarray('uint8', [0, 7], new Uint8Array(0)).data.length, 0);
  });

  test('refuses data that do not fit the shape', () => {
    assert.throws(
      () => ndarray('float32', [2, 2], new Float32Array(3)),
      /shape \[2, 2\] needs 4 values, got 3/,
    );
  });
});

describe('bytes', () => {
  test('come back as the same array, also from an odd offset', () => {
    fc.assert(
      fc.property(fc.float32Array(), fc.nat(7), (data, offset) => {
        const bytes = bytesOf(ndarray('float32', [data.length], data));
        assert.equal(bytes.length, data.length * bytesPerElement.float32);
        const moved = new Uint8Array(bytes.length + offset).subarray(offset);
        moved.set(bytes);
        assert.deepEqual(fromBytes('float32', [data.length], moved).data, data);
      }),
    );
  });

  test('are little-endian', () => {
    assert.deepEqual([...bytesOf(ndarray('int32', [1], Int32Array.of(0x01020304)))], [4, 3, 2, 1]);
  });

  test('are a view where they are aligned, not a copy', () => {
    const bytes = new Uint8Array(8);
    fromBytes('int32', [2], bytes).data[0] = 1;
    assert.equal(bytes[0], 1);
  });

  test('of another length than the shape needs are refused', () => {
    assert.throws(() => fromBytes('float32', [3], new Uint8Array(8)), RangeError);
    assert.throws(() => fromBytes('uint8', [2, 2], new Uint8Array(5)), RangeError);
  });
});
