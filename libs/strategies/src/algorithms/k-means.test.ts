import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { counterRandom, namedRandom, ndarray, scalarMatrices } from '@alarena/core';
import { type Clusters, kMeans, nearestToCentres } from './k-means.js';
import { roughMatrices } from './rough-matrices.js';
import { RowSpace } from './space.js';

function blobs(groups: number, each: number, width: number, spread: number, seed: number): Float32Array {
  const random = namedRandom(seed, 'blobs');
  const centres = Float32Array.from({ length: groups * width }, () => 10 * random.normal());
  return Float32Array.from(
    { length: groups * each * width },
    (_, at) => centres[(Math.floor(at / width) % groups) * width + (at % width)]! + spread * random.normal(),
  );
}

function cluster(
  data: Float32Array,
  width: number,
  clusters: number,
  seed = 1,
  matrices = scalarMatrices,
): Clusters {
  const size = data.length / width;
  const space = new RowSpace(ndarray('float32', [size, width], data), matrices);
  const ids = Int32Array.from({ length: size }, (_, i) => 5 * i);
  const draws = counterRandom(namedRandom(seed, 'k-means'));
  return kMeans(space, { clusters, matrices, draws, ids, progress: () => {} });
}

describe('k-means', () => {
  test('finds groups that are far apart', () => {
    const { labels } = cluster(blobs(7, 20, 5, 0.1, 1), 5, 7);
    for (let group = 0; group < 7; group++) {
      assert.equal(new Set(labels.filter((_, i) => i % 7 === group)).size, 1);
    }
    assert.equal(new Set(labels).size, 7);
  });

  test('ends where every sample is with its nearest centre and centres are means, within the tolerance', () => {
    const data = blobs(4, 50, 3, 6, 2);
    const { labels, centres } = cluster(data, 3, 9);
    const space = new RowSpace(ndarray('float32', [200, 3], data), scalarMatrices);
    labels.forEach((label, i) => {
      const distances = Array.from({ length: 9 }, (_, c) => space.squaredDistanceTo(centres, i, c));
      assert.equal(distances[label], Math.min(...distances));
    });
    for (let c = 0; c < 9; c++) {
      const members = [...labels.keys()].filter((i) => labels[i] === c);
      for (let at = 0; at < 3; at++) {
        const mean = members.reduce((sum, i) => sum + data[i * 3 + at]!, 0) / members.length;
        assert.ok(Math.abs(mean - centres.data[c * 3 + at]!) < 0.5);
      }
    }
  });

  test('is the same whoever multiplies, and for the same seed', () => {
    for (let seed = 0; seed < 10; seed++) {
      const data = blobs(5, 30, 8, 4, seed).map((value) => value + 100);
      const expected = cluster(data, 8, 12, seed);
      const rough = cluster(data, 8, 12, seed, roughMatrices(seed));
      assert.deepEqual(rough.labels, expected.labels);
      assert.deepEqual(rough.centres.data, expected.centres.data);
    }
  });

  test('leaves clusters empty only where there are fewer distinct samples than clusters', () => {
    const copies = Float32Array.from({ length: 30 }, (_, i) => i % 3);
    const { labels } = cluster(copies, 1, 8);
    assert.equal(new Set(labels).size, 3);
    assert.ok(labels.every((label, i) => label === labels[i % 3]));
    for (let seed = 0; seed < 30; seed++) {
      const found = cluster(blobs(2, 10, 1, 1, seed), 1, 10, seed);
      assert.equal(new Set(found.labels).size, 10);
    }
  });

  test('the nearest sample to each centre is one of its cluster, ties to the lower position', () => {
    const data = Float32Array.of(0, 2, 4, 100, 102, 7, -3);
    const clusters = cluster(data, 1, 2, 3);
    const space = new RowSpace(ndarray('float32', [7, 1], data), scalarMatrices);
    const nearest = nearestToCentres(space, clusters);
    assert.deepEqual([...nearest].sort(), [1, 3]);
  });
});
