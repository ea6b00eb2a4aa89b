import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { handPool, rows, select, strategySuite } from '../property-suite.js';
import type { PoolView } from '../strategy.js';
import { sameWithAnyMatrices } from './any-matrices.js';
import { typiclust } from './typiclust.js';

strategySuite(typiclust, { draws: true });
sameWithAnyMatrices(typiclust);

describe('typiclust', () => {
  // Three groups on a line, far apart: 7, 6 and 3 samples around 0, 1000 and 2000.
  const line = [-9, -2, -1, 0, 1.5, 2.5, 9, 990, 999, 1000, 1001, 1003, 1010, 1999, 2000, 2001];
  const pool = (labelledAt: readonly number[]): PoolView => ({
    ...handPool({ z: rows(...line.map((at) => [at])) }),
    labelled: {
      ids: Int32Array.from(labelledAt, (_, i) => 1000 + i),
      signals: { z: rows(...labelledAt.map((at) => [at])) },
    },
  });
  const raw = { unit_length: false, neighbours: 2 };

  test('takes the largest cluster without labels first, and its most typical sample', () => {
    const { ids, scores, notes } = select(typiclust, pool([2002]), 2, raw);
    // The two nearest of -1 are both 1 away, as are those of 1000.
    assert.deepEqual(ids, [20, 90]);
    assert.deepEqual(scores, [1 / (1 + 1e-5), 1 / (1 + 1e-5)]);
    assert.deepEqual(notes, []);
  });

  test('comes to clusters with labels after those without', () => {
    const { ids } = select(typiclust, pool([3, 2002]), 1, { ...raw, least_cluster_size: 1 });
    assert.deepEqual(ids, [90]);
  });

  test('goes round again when there are more picks than clusters', () => {
    const { ids } = select(typiclust, pool([2002]), 4, { ...raw, most_clusters: 3 });
    // Without -1, the nearest of 1.5 are 1 and 1.5 away; without 1000, those of 1001 both 2.
    assert.deepEqual(ids, [20, 90, 40, 100]);
  });

  test('leaves small clusters for the end, and says so', () => {
    const { ids, notes } = select(typiclust, pool([2002]), 14, { ...raw, most_clusters: 3 });
    assert.ok(ids.slice(0, 13).every((id) => id < 130));
    assert.ok((ids[13] ?? 0) >= 130);
    assert.match(notes.join(), /1 of 14 picks from clusters of fewer than 6 samples/);
  });
});
