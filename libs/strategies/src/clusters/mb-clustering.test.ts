import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { namedRandom, ndarray } from '@alarena/core';
import { hdbscan } from '../algorithms/hdbscan/hdbscan.js';
import { select, strategySuite } from '../property-suite.js';
import type { PoolView } from '../strategy.js';
import { plainTools } from '../tools.js';
import { clusterOutlierCombined, mbClustering, quantile, spread } from './mb-clustering.js';

strategySuite(mbClustering, { draws: true });
strategySuite(clusterOutlierCombined, { draws: true });

/** Normal clouds of these sizes, far apart, in both layers; ids from 0 in order of the clouds. */
function clouds(...sizes: readonly number[]): PoolView {
  const random = namedRandom(1, 'clouds');
  const values = sizes.flatMap((size, at) =>
    Array.from({ length: 2 * size }, () => 1000 * at * (at + 1) + random.normal()),
  );
  const layer = ndarray('float32', [values.length / 2, 2], Float32Array.from(values));
  return {
    ids: Int32Array.from({ length: values.length / 2 }, (_, i) => i),
    signals: { a2: layer, z: layer },
  };
}

function countsIn(ids: readonly number[], ...sizes: readonly number[]): number[] {
  let from = 0;
  return sizes.map((size) => {
    from += size;
    return ids.filter((id) => id >= from - size && id < from).length;
  });
}

describe('a query spread over clusters', () => {
  const sizes = [200, 20, 120] as const;
  const pool = clouds(...sizes);
  const parameters = { min_cluster_size: 15 };

  test('takes as many of each, and of large ones what a small one cannot give', () => {
    for (const strategy of [mbClustering, clusterOutlierCombined]) {
      assert.deepEqual(countsIn(select(strategy, pool, 30, parameters).ids, ...sizes), [10, 10, 10]);
      // Noise is no cluster: the small cloud may have some.
      const { ids } = select(strategy, pool, 150, parameters);
      const [first = 0, small = 0, last = 0] = countsIn(ids, ...sizes);
      assert.ok(small >= 15 && small <= 20);
      assert.ok(Math.abs(first - last) <= 1);
    }
  });

  test('takes a fifth of each from the outliers of that cluster, or of the pool', () => {
    const { labels, glosh } = hdbscan(pool.signals.a2!, { minClusterSize: 15, minSamples: 1 }, plainTools);
    const ofPool = quantile(glosh, 0.9);
    for (const [strategy, limitOf] of [
      [
        mbClustering,
        (cluster: number) =>
          quantile(
            glosh.filter((_, i) => labels[i] === cluster),
            0.9,
          ),
      ],
      [clusterOutlierCombined, () => ofPool],
    ] as const) {
      const { ids } = select(strategy, pool, 30, parameters);
      for (const cluster of [0, 2]) {
        const picked = ids.filter((id) => labels[id] === cluster);
        const limit = limitOf(cluster);
        assert.equal(picked.length, 10);
        assert.equal(picked.filter((id) => glosh[id]! >= limit).length, 2);
      }
    }
  });

  test('gives each pick its outlier score', () => {
    const { glosh } = hdbscan(pool.signals.a2!, { minClusterSize: 15, minSamples: 1 }, plainTools);
    const { ids, scores } = select(mbClustering, pool, 20, parameters);
    assert.deepEqual(
      scores,
      ids.map((id) => glosh[id]),
    );
  });

  test('halves the least size where there is no cluster, and says so', () => {
    assert.deepEqual(select(mbClustering, pool, 5, { min_cluster_size: 100 }).notes, []);
    assert.deepEqual(select(mbClustering, pool, 5, { min_cluster_size: 150 }).notes, [
      'no cluster at 150, used 75',
    ]);
    assert.deepEqual(select(clusterOutlierCombined, pool, 5).notes, ['no cluster at 500, 250, 125, used 62']);
  });

  test('picks at random where there is no cluster of any size', () => {
    const line = ndarray('float32', [5, 1], Float32Array.of(0, 1, 3, 6, 10));
    const chain = { ids: Int32Array.of(0, 1, 2, 3, 4), signals: { a2: line } };
    const { ids, notes } = select(mbClustering, chain, 3);
    assert.deepEqual(notes, ['no cluster at 100, 50, 25, 12, 6, 3, 2, picked at random']);
    assert.equal(new Set(ids).size, 3);
  });

  test('places are as even as sizes allow', () => {
    assert.deepEqual(spread(10, [5, 5, 5]), [4, 3, 3]);
    assert.deepEqual(spread(10, [20, 3, 1]), [6, 3, 1]);
    assert.deepEqual(spread(2, [9, 9, 9]), [1, 1, 0]);
    assert.deepEqual(spread(100, [4, 2]), [4, 2]);
    assert.deepEqual(spread(3, []), []);
  });

  test('quantiles lie between the two nearest values', () => {
    assert.equal(quantile(Float64Array.of(3, 1, 2), 0.5), 2);
    assert.equal(quantile(Float64Array.of(10, 0), 0.9), 9);
    assert.equal(quantile(Float64Array.of(7), 0.9), 7);
  });
});
