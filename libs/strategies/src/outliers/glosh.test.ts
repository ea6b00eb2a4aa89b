import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { namedRandom, ndarray } from '@alarena/core';
import { hdbscan } from '../algorithms/hdbscan/hdbscan.js';
import { handPool, rows, select, strategySuite } from '../property-suite.js';
import { plainTools } from '../tools.js';
import { mbOutliersGlosh, outlier } from './glosh.js';

strategySuite(mbOutliersGlosh, { draws: false });
strategySuite(outlier, { draws: false });

describe('outliers by GLOSH', () => {
  test('are the highest scores of the clustering, ties by lower id', () => {
    const random = namedRandom(1, 'clouds');
    const values = Float32Array.from({ length: 600 }, (_, i) => (i < 300 ? 0 : 50) + random.normal());
    const layer = ndarray('float32', [300, 2], values);
    const { glosh } = hdbscan(layer, { minClusterSize: 20, minSamples: 1 }, plainTools);
    const ids = Array.from({ length: 300 }, (_, i) => 5 * i);
    const expected = ids.slice().sort((a, b) => glosh[b / 5]! - glosh[a / 5]! || a - b);
    const pool = handPool({ a2: layer, z: layer, probabilities: layer }, ids);
    for (const strategy of [mbOutliersGlosh, outlier]) {
      const query = select(strategy, pool, 40, { min_cluster_size: 20 });
      assert.deepEqual(query.ids, expected.slice(0, 40));
      assert.deepEqual(query.notes, []);
      assert.deepEqual(
        query.scores,
        query.ids.map((id) => glosh[id / 5]),
      );
    }
  });

  test('halve the least size of a cluster, and go by the whole tree where there is none', () => {
    const a2 = rows([0], [1], [3], [6], [10], [30]);
    const { ids, scores, notes } = select(mbOutliersGlosh, handPool({ a2, probabilities: a2 }), 2);
    assert.deepEqual(ids, [50, 40]);
    assert.deepEqual(scores, [1 - 1 / 20, 1 - 1 / 4]);
    assert.deepEqual(notes, ['no cluster at 100, 50, 25, 12, 6, 3, 2, used GLOSH of the whole tree']);
    const pairs = rows([0], [1], [10], [11.5]);
    const query = select(mbOutliersGlosh, handPool({ a2: pairs, probabilities: pairs }), 1, {
      min_cluster_size: 3,
    });
    assert.deepEqual(query.notes, ['no cluster at 3, used 2']);
  });
});
