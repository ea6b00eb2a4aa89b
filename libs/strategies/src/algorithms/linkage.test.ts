import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { namedRandom, ndarray, scalarMatrices } from '@alarena/core';
import { averageLinkage, cutAtMeanSize, type Merge } from './linkage.js';
import { roughMatrices } from './rough-matrices.js';
import { RowSpace } from './space.js';

const WIDTH = 5;

function spaceOf(size: number, seed: number, matrices = scalarMatrices): RowSpace {
  const random = namedRandom(seed, 'linkage');
  const rows = Float32Array.from(
    { length: size * WIDTH },
    (_, at) => 9 * (Math.floor(at / WIDTH) % 3) + random.normal(),
  );
  // Copies: merges at height 0, and ties.
  for (let row = 4; row < size; row += 9) rows.copyWithin(row * WIDTH, 0, WIDTH);
  return new RowSpace(ndarray('float32', [size, WIDTH], rows), matrices);
}

/** The closest pair of clusters again and again, all pairs of samples averaged each time. */
function byDefinition(space: RowSpace): Merge[] {
  const clusters = new Map(Array.from({ length: space.size }, (_, i) => [i, [i]]));
  const merges: Merge[] = [];
  while (clusters.size > 1) {
    let best: Merge = { a: -1, b: -1, height: Number.POSITIVE_INFINITY };
    for (const [a, inA] of clusters) {
      for (const [b, inB] of clusters) {
        if (b <= a) continue;
        let sum = 0;
        for (const i of inA) for (const j of inB) sum += space.squaredDistance(i, j);
        const height = sum / inA.length / inB.length;
        if (height < best.height - 1e-9) best = { a, b, height };
      }
    }
    clusters.get(best.a)!.push(...clusters.get(best.b)!);
    clusters.delete(best.b);
    merges.push(best);
  }
  return merges;
}

function link(space: RowSpace, matrices = scalarMatrices): Merge[] {
  return averageLinkage(space, matrices, () => {});
}

describe('average linkage', () => {
  test('merges what the closest pair of clusters by definition does', () => {
    for (let seed = 0; seed < 4; seed++) {
      const space = spaceOf(45, seed);
      const [found, expected] = [link(space), byDefinition(space)];
      found.forEach(({ height }, at) => {
        assert.ok(Math.abs(height - expected[at]!.height) < 1e-9, `merge ${at}: ${height}`);
      });
      // Where heights differ so do the pairs: copies merge at 0 in any order.
      const pairs = (merges: readonly Merge[]) =>
        merges.filter(({ height }) => height > 1e-9).map(({ a, b }) => [a, b]);
      assert.deepEqual(pairs(found), pairs(expected));
    }
  });

  test('is the same whoever multiplies', () => {
    for (let seed = 0; seed < 4; seed++) {
      const matrices = roughMatrices(seed);
      assert.deepEqual(link(spaceOf(300, seed, matrices), matrices), link(spaceOf(300, seed)));
    }
  });

  test('of copies merges all at 0', () => {
    const rows = new Float32Array(40 * WIDTH).fill(0.1);
    const merges = link(new RowSpace(ndarray('float32', [40, WIDTH], rows), scalarMatrices));
    assert.equal(merges.length, 39);
    assert.ok(merges.every(({ height }) => height === 0));
  });

  test('is cut where clusters of two or more have the mean size', () => {
    const merges: Merge[] = [
      { a: 0, b: 1, height: 1 },
      { a: 2, b: 3, height: 2 },
      { a: 0, b: 2, height: 3 },
      { a: 0, b: 4, height: 4 },
    ];
    assert.deepEqual([...cutAtMeanSize(6, merges, 2)], [0, 0, 2, 3, 4, 5]);
    assert.deepEqual([...cutAtMeanSize(6, merges, 3)], [0, 0, 0, 0, 4, 5]);
    assert.deepEqual([...cutAtMeanSize(6, merges, 10)], [0, 0, 0, 0, 0, 5]);
  });
});
