import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { counterRandom, namedRandom, ndarray, scalarMatrices } from '@alarena/core';
import { d2Sample } from './d2-sampling.js';
import { roughMatrices } from './rough-matrices.js';
import { RowSpace } from './space.js';

function sample(
  values: readonly number[],
  count: number,
  seed: number,
  matrices = scalarMatrices,
  width = 1,
) {
  const size = values.length / width;
  const space = new RowSpace(ndarray('float32', [size, width], Float32Array.from(values)), matrices);
  const ids = Int32Array.from({ length: size }, (_, i) => i);
  const draws = counterRandom(namedRandom(seed, 'd2'));
  return d2Sample(space, ids, count, 0, draws, () => {});
}

describe('D² sampling', () => {
  test('draws third centres too in proportion to the distances that are left', () => {
    // From 0: weights 1, 4, 9. After 3: to {0, 3} the others weigh 1 (of 1) and 1 (of 2).
    const values = [0, 1, 2, 3];
    const seconds = new Map<number, number>();
    const thirdAfterLast = new Map<number, number>();
    for (let seed = 0; seed < 6000; seed++) {
      const [, second, third] = sample(values, 3, seed).map(({ position }) => position);
      seconds.set(second!, (seconds.get(second!) ?? 0) + 1);
      if (second === 3) thirdAfterLast.set(third!, (thirdAfterLast.get(third!) ?? 0) + 1);
    }
    const share = (counts: Map<number, number>, at: number): number =>
      (counts.get(at) ?? 0) / [...counts.values()].reduce((a, b) => a + b, 0);
    // Four standard deviations at 6000 draws are at most 0.026.
    assert.ok(Math.abs(share(seconds, 1) - 1 / 14) < 0.026);
    assert.ok(Math.abs(share(seconds, 2) - 4 / 14) < 0.026);
    assert.ok(Math.abs(share(thirdAfterLast, 1) - 1 / 2) < 0.035, 'equal weights after the second centre');
  });

  test('is the same whoever multiplies', () => {
    for (let seed = 0; seed < 20; seed++) {
      const random = namedRandom(seed, 'rows');
      const values = Array.from({ length: 400 }, () => 50 + random.normal());
      const expected = sample(values, 60, seed, scalarMatrices, 4);
      assert.deepEqual(sample(values, 60, seed, roughMatrices(seed), 4), expected);
    }
  });

  test('a longer sample continues a shorter one', () => {
    const values = Array.from({ length: 40 }, (_, i) => (i * 7) % 13);
    assert.deepEqual(sample(values, 40, 1).slice(0, 9), sample(values, 9, 1));
  });

  test('comes to copies of centres last, each once', () => {
    const found = sample([1, 1, 1, 5, 5, 9], 6, 4);
    assert.deepEqual(found.map(({ position }) => position).sort(), [0, 1, 2, 3, 4, 5]);
    assert.deepEqual(
      found.slice(3).map(({ squaredDistance }) => squaredDistance),
      [0, 0, 0],
    );
  });
});
