import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { handPool, rows, select, strategySuite, syntheticPool } from '../property-suite.js';
import type { PoolView } from '../strategy.js';
import { sameWithAnyMatrices } from './any-matrices.js';
import { badge } from './badge.js';

strategySuite(badge, { draws: true });
sameWithAnyMatrices(badge);

describe('badge', () => {
  test('starts from the largest gradient, ties by lower id', () => {
    // ‖e‖² ‖z‖² = 0.5 · 1, 0.5 · 4, 0 (certain), 0.5 · 4
    const pool = handPool({
      probabilities: rows([0.5, 0.5], [0.5, 0.5], [1, 0], [0.5, 0.5]),
      z: rows([1, 0], [0, 2], [9, 9], [2, 0]),
    });
    const { ids, scores } = select(badge, pool, 1);
    assert.deepEqual([ids, scores], [[10], [2]]);
  });

  test('then draws in proportion to squared distances', () => {
    // Gradients along one axis: first centre 10 (norm² 50); squared distances 50, 32, 18, 0 to 0, 2, 4 and its copy.
    const pool = handPool({
      probabilities: rows([0.5, 0.5], [0.5, 0.5], [0.5, 0.5], [0.5, 0.5], [0.5, 0.5]),
      z: rows([10], [0], [2], [4], [10]),
    });
    const counts = new Map<number, number>();
    for (let seed = 0; seed < 4000; seed++) {
      const { ids, scores } = select(badge, pool, 2, undefined, seed);
      assert.equal(ids[0], 0);
      assert.equal(scores[1], { 10: 50, 20: 32, 30: 18 }[ids[1]!]);
      counts.set(ids[1]!, (counts.get(ids[1]!) ?? 0) + 1);
    }
    // Four standard deviations of a share at 4000 draws are at most 0.032.
    for (const [id, share] of [
      [10, 0.5],
      [20, 0.32],
      [30, 0.18],
    ] as const) {
      assert.ok(Math.abs((counts.get(id) ?? 0) / 4000 - share) < 0.032, `${id}: ${counts.get(id)}`);
    }
    assert.equal(counts.has(40), false);
  });

  test('when only copies of picked samples are left, draws among them and says so', () => {
    const pool = handPool({
      probabilities: rows([0.5, 0.5], [0.5, 0.5], [0.5, 0.5]),
      z: rows([1], [1], [1]),
    });
    const { ids, notes } = select(badge, pool, 3);
    assert.deepEqual([...ids].sort(), [0, 10, 20]);
    assert.match(notes.join(), /2 of 3 picks drawn uniformly/);
  });

  test('its scores are the distances of the explicit gradient embeddings', () => {
    for (let seed = 0; seed < 20; seed++) {
      const pool = syntheticPool(30, seed);
      const { ids, scores } = select(badge, pool, 12, undefined, seed);
      const embeddings = explicitGradients(pool);
      const centres: number[][] = [];
      ids.forEach((id, at) => {
        const g = embeddings.get(id)!;
        const distances = centres.map((c) => c.reduce((sum, v, i) => sum + (v - g[i]!) ** 2, 0));
        const expected = at === 0 ? g.reduce((sum, v) => sum + v * v, 0) : Math.min(...distances);
        assert.ok(Math.abs(scores[at]! - expected) < 1e-6, `pick ${at}: ${scores[at]} against ${expected}`);
        centres.push(g);
      });
    }
  });
});

function explicitGradients(pool: PoolView): Map<number, number[]> {
  const [p, z] = [pool.signals.probabilities!, pool.signals.z!];
  const row = (array: typeof p, at: number): number[] => {
    const width = array.shape[1]!;
    return [...array.data.subarray(at * width, (at + 1) * width)];
  };
  return new Map(
    [...pool.ids].map((id, at) => {
      const e = row(p, at);
      e[e.indexOf(Math.max(...e))]! -= 1;
      return [id, e.flatMap((x) => row(z, at).map((y) => x * y))];
    }),
  );
}
