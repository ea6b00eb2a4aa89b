import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { ndarray } from '@alarena/core';
import { type ArrayRef, getArray, getArrayRows, getFloats, putArray } from './array-refs.js';
import { blobKey } from './blobs.js';
import { FilesystemStore } from './filesystem-store.js';
import type { ObjectStore } from './object-store.js';

async function openStore(t: TestContext): Promise<ObjectStore> {
  const root = await mkdtemp(join(tmpdir(), 'alarena-test-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  return new FilesystemStore(root);
}

describe('arrays in the store', () => {
  test('come back as they were, of every type and also empty', async (t) => {
    const store = await openStore(t);
    const arrays = [
      ndarray('float32', [2, 3], Float32Array.of(1.5, -0, Number.NaN, 3e-39, Infinity, 6)),
      ndarray('int32', [4], Int32Array.of(1, -2, 2 ** 31 - 1, -(2 ** 31))),
      ndarray('uint8', [1, 2, 2], Uint8Array.of(0, 1, 254, 255)),
      ndarray('float32', [0, 10], new Float32Array(0)),
      ndarray('float32', [], Float32Array.of(7)),
      // A view into a larger buffer.
      ndarray('float32', [2], new Float32Array(8).fill(9).subarray(3, 5)),
    ];
    for (const array of arrays) {
      const ref = await putArray(store, array);
      assert.equal(ref.uri, `alarena://${blobKey(ref.sha256)}`);
      const got = await getArray(store, ref);
      assert.deepEqual([got.dtype, got.shape], [array.dtype, array.shape]);
      assert.deepEqual(got.data, array.data);
    }
  });

  test('give single rows', async (t) => {
    const store = await openStore(t);
    const data = Float32Array.from({ length: 1_000 * 7 * 3 }, (_, i) => i);
    const ref = await putArray(store, ndarray('float32', [1_000, 7, 3], data));
    for (const [start, count] of [
      [0, 1],
      [999, 1],
      [10, 500],
      [0, 1_000],
      [5, 0],
      [1_000, 0],
    ] as const) {
      const rows = await getArrayRows(store, ref, start, count);
      assert.deepEqual(rows.shape, [count, 7, 3]);
      assert.deepEqual(rows.data, data.slice(start * 21, (start + count) * 21));
    }
    for (const [start, count] of [
      [-1, 1],
      [0, 1_001],
      [1_000, 1],
      [0.5, 1],
    ] as const) {
      await assert.rejects(getArrayRows(store, ref, start, count), RangeError);
    }
  });

  test('say data-loss when the stored size is not that of the shape', async (t) => {
    const store = await openStore(t);
    const ref = await putArray(store, ndarray('int32', [4, 2], new Int32Array(8)));
    const taller: ArrayRef = { ...ref, shape: [5, 2] };
    await assert.rejects(getArray(store, taller), { code: 'data-loss' });
    await assert.rejects(getArrayRows(store, taller, 0, 2), { code: 'data-loss' });
  });

  test('name every mistake in a reference', async (t) => {
    const store = await openStore(t);
    const ref = await putArray(store, ndarray('int32', [2], new Int32Array(2)));
    const violating = async (
      change: Partial<Record<keyof ArrayRef, unknown>>,
      field: string,
    ): Promise<void> => {
      const bad: ArrayRef = JSON.parse(JSON.stringify({ ...ref, ...change }));
      await assert.rejects(
        getArray(store, bad),
        (error: { code: string; violations: { field: string }[] }) => {
          assert.equal(error.code, 'invalid-argument');
          assert.deepEqual(
            error.violations.map((violation) => violation.field),
            [field],
          );
          return true;
        },
      );
    };
    await violating({ dtype: 'float64' }, 'dtype');
    await violating({ shape: [-1] }, 'shape');
    await violating({ uri: 'file:///etc/passwd' }, 'uri');
    await violating({ uri: 'alarena://../x' }, 'uri');
    await violating({ uri: `alarena://${blobKey('0'.repeat(64))}` }, 'uri');
    await violating({ sha256: 'abc' }, 'digest');
  });

  test('that should hold floats are refused where they hold something else', async (t) => {
    const store = await openStore(t);
    const floats = ndarray('float32', [2], Float32Array.of(0.5, -1));
    assert.deepEqual(await getFloats(store, await putArray(store, floats)), floats);
    const integers = await putArray(store, ndarray('int32', [2], Int32Array.of(1, 2)));
    await assert.rejects(getFloats(store, integers), { code: 'data-loss', reason: 'STORE_ARRAY_TYPE' });
  });
});
