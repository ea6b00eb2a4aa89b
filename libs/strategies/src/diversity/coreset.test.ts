import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { handPool, invalid, rows, select, strategySuite, syntheticPool } from '../property-suite.js';
import type { PoolView } from '../strategy.js';
import { sameWithAnyMatrices } from './any-matrices.js';
import { coreset } from './coreset.js';

strategySuite(coreset, { draws: false });
sameWithAnyMatrices(coreset);

describe('coreset', () => {
  const line = handPool({ z: rows([1], [4], [10], [6], [9]) });

  test('picks the farthest from labelled and picked ones, with that distance', () => {
    const pool = { ...line, labelled: { ids: Int32Array.of(99), signals: { z: rows([0]) } } };
    const { ids, scores, notes } = select(coreset, pool, 5);
    // 10 is 10 from 0; then 4 is 4 from 0 and 6 is 4 from 10: lower id; then 6 (2), 9 and 1 (1 each): lower id.
    assert.deepEqual(ids, [20, 10, 30, 0, 40]);
    assert.deepEqual(scores, [10, 4, 2, 1, 1]);
    assert.deepEqual(notes, []);
  });

  test('with nothing labelled starts from the sample nearest to the mean, and says so', () => {
    const pool = { ...line, labelled: { ids: new Int32Array(0), signals: {} } };
    const { ids, scores, notes } = select(coreset, pool, 3);
    assert.deepEqual(ids, [30, 0, 20]); // the mean is 6
    assert.deepEqual(scores, [0, 5, 4]);
    assert.match(notes.join(), /nothing is labelled/);
  });

  test('is refused without a labelled set or with one of another width', () => {
    assert.throws(() => select(coreset, line, 1), invalid(/labelled: coreset measures against/));
    const wide = { ...line, labelled: { ids: Int32Array.of(99), signals: { z: rows([0, 0]) } } };
    assert.throws(
      () => select(coreset, wide, 1),
      invalid(/labelled\.signals\.z: must be as wide as the pool's \(1\)/),
    );
  });

  test('names the labelled sample whose z is not finite', () => {
    const labelled = { ids: Int32Array.of(98, 99), signals: { z: rows([0], [Number.NaN]) } };
    assert.throws(() => select(coreset, { ...line, labelled }, 1), invalid(/sample 99 holds NaN/));
  });

  test('equals the textbook loop over all distances', () => {
    for (let seed = 0; seed < 20; seed++) {
      const pool = syntheticPool(60, seed, 70); // more labelled ones than one block holds
      assert.deepEqual(select(coreset, pool, 25).ids, byDefinition(pool, 25));
    }
  });
});

function byDefinition(pool: PoolView, k: number): number[] {
  const row = (data: Float32Array, at: number): number[] => [...data.subarray(at * 6, at * 6 + 6)];
  const z = pool.signals.z!.data;
  const centres = [...pool.labelled!.ids].map((_, at) => row(pool.labelled!.signals.z!.data, at));
  const left = new Map([...pool.ids].map((id, at) => [id, row(z, at)] as const).sort(([a], [b]) => a - b));
  const picked: number[] = [];
  while (picked.length < k) {
    let best = { id: -1, distance: -1 };
    for (const [id, x] of left) {
      const squares = centres.map((y) => y.reduce((sum, v, i) => sum + (x[i]! - v) ** 2, 0));
      const distance = Math.min(...squares);
      // Equal up to the order of additions counts as equal: the ids decide.
      if (distance > best.distance + 1e-12) best = { id, distance };
    }
    picked.push(best.id);
    centres.push(left.get(best.id)!);
    left.delete(best.id);
  }
  return picked;
}
