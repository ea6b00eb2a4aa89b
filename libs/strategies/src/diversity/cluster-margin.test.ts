import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { handPool, rows, select, strategySuite } from '../property-suite.js';
import { sameWithAnyMatrices } from './any-matrices.js';
import { clusterMargin } from './cluster-margin.js';

strategySuite(clusterMargin, { draws: true });
sameWithAnyMatrices(clusterMargin);

describe('cluster_margin', () => {
  // Clusters of 4, 3 and 2 on a line; margins grow with the position, but for the last.
  const z = rows([0], [1], [0.5], [1.5], [100], [101], [100.5], [200], [201]);
  const p = rows(...[0.5, 0.51, 0.52, 0.53, 0.54, 0.55, 0.9, 0.57, 0.95].map((x) => [x, 1 - x]));
  const pool = handPool({ z, probabilities: p });
  const raw = { cluster_size: 3, margin_factor: 7 / 3 };

  test('goes round the clusters of the candidates, those with the fewest first', () => {
    // Seven candidates: all but 60 and 80. 70 alone, then two in the second cluster, then four in the first.
    const { ids, scores } = select(clusterMargin, pool, 3, raw);
    assert.equal(ids[0], 70);
    assert.ok([40, 50].includes(ids[1]!));
    assert.ok([0, 10, 20, 30].includes(ids[2]!));
    assert.ok(Math.abs(scores[0]! - (1 - 0.14)) < 1e-6);
  });

  test('comes again to clusters that have more', () => {
    const { ids } = select(clusterMargin, pool, 7, { ...raw, margin_factor: 1 });
    assert.deepEqual(
      [...ids].sort((a, b) => a - b),
      [0, 10, 20, 30, 40, 50, 70],
    );
    assert.deepEqual(ids.map((id) => (id < 40 ? 'a' : id < 70 ? 'b' : 'c')).join(''), 'cbabaaa');
  });

  test('clusters a large pool in parts, and says so', () => {
    const { ids, notes } = select(clusterMargin, pool, 3, { ...raw, partition: 5 });
    assert.equal(new Set(ids).size, 3);
    assert.match(notes.join(), /clustered in 2 random parts/);
  });
});
