// Cluster-Margin: of the samples with the lowest margins, one at random from each cluster of one hierarchical clustering,
// the smallest clusters first, round and round.

import { type CounterRandom, counterRandom, ndarray } from '@alarena/core';
import { averageLinkage, cutAtMeanSize } from '../algorithms/linkage.js';
import { RowSpace } from '../algorithms/space.js';
import { topTwo } from '../algorithms/top-two.js';
import { procedure } from '../define.js';
import type { Tools } from '../tools.js';
import { TopK } from '../top-k.js';
import { idsInOrder, rowsAtPositions, rowsById } from './by-id.js';
import { DRAW, drawn } from './draws.js';

export const clusterMargin = procedure(
  {
    name: 'cluster_margin',
    summary: 'samples with low margins, spread over clusters of their features, small ones first',
    signals: ['probabilities', 'z'],
    labelledSignals: [],
    parameters: [
      {
        ...{ name: 'margin_factor', type: 'number', default: 1.25, min: 1 },
        summary:
          'so many times k samples with the lowest margins are candidates; the authors take 10 for a million labels',
      },
      {
        ...{ name: 'cluster_size', type: 'number', default: 10, min: 2 },
        summary: 'merge until clusters of two or more have this mean size',
      },
      {
        ...{ name: 'partition', type: 'integer', default: 20_000, min: 2 },
        summary: 'a larger pool is cut at random into parts of at most this size, each clustered alone',
      },
    ],
    source: {
      paper: 'Citovsky et al., Batch Active Learning at Scale, 2021',
      reference: 'arXiv 2107.14263',
      equation:
        'average linkage of squared distances of z; round robin over clusters of the lowest margins (algorithm 2)',
    },
    cost: 'O(N² d)',
    semantics: 1,
  },
  (pool, k, parameters, random, tools) => {
    const draws = counterRandom(random);
    const ids = idsInOrder(pool);
    const positions = Array.from(ids.keys());
    const { data, shape } = rowsById(pool, pool.signal('probabilities'));
    const { first, second } = topTwo(data, shape[1] ?? 1);
    const margins = Float64Array.from(first, (highest, i) => highest - (second[i] as number));
    const count = Math.min(pool.size, Math.ceil(k * (parameters.margin_factor as number)));
    const best = new TopK(count);
    best.offer(
      margins.map((margin) => -margin),
      Int32Array.from(positions),
    );
    const parts = partition(positions, ids, parameters.partition as number, draws);
    const z = rowsById(pool, pool.signal('z'));
    const clusters = new Int32Array(pool.size);
    parts.forEach((part, at) => {
      const labels = clustersOf(
        rowsAtPositions(z, part),
        parameters.cluster_size as number,
        tools,
        at,
        parts.length,
      );
      labels.forEach((label, row) => {
        clusters[part[row] as number] = part[label] as number;
      });
    });
    const picks = roundRobin(Array.from(best.result().ids), clusters, k, (members) =>
      drawn(members, ids, members.length, draws, DRAW.member),
    );
    return {
      ids: picks.map((position) => ids[position] as number),
      scores: picks.map((position) => 1 - (margins[position] as number)),
      notes: parts.length === 1 ? [] : [`clustered in ${parts.length} random parts`],
    };
  },
);

/** Parts of nearly one size, each ascending. */
function partition(
  positions: readonly number[],
  ids: Int32Array,
  most: number,
  draws: CounterRandom,
): number[][] {
  const count = Math.ceil(positions.length / most);
  if (count === 1) return [[...positions]];
  const parts: number[][] = Array.from({ length: count }, () => []);
  drawn(positions, ids, positions.length, draws, DRAW.part).forEach((position, at) => {
    parts[at % count]?.push(position);
  });
  return parts.map((part) => part.sort((a, b) => a - b));
}

/** Cluster of each row, by its lowest row. */
function clustersOf(
  rows: ReturnType<typeof rowsAtPositions>,
  meanSize: number,
  { matrices, progress }: Tools,
  part: number,
  parts: number,
): Int32Array {
  const space = new RowSpace(ndarray('float32', rows.shape, rows.data), matrices);
  const merges = averageLinkage(space, matrices, (fraction) => progress((part + fraction) / parts));
  space.release();
  return cutAtMeanSize(space.size, merges, meanSize);
}

/** k of the candidates: one of each cluster, those with the fewest candidates first, as often as need be. */
function roundRobin(
  candidates: readonly number[],
  clusters: Int32Array,
  k: number,
  shuffled: (members: readonly number[]) => number[],
): number[] {
  const byCluster = new Map<number, number[]>();
  for (const candidate of candidates) {
    const cluster = clusters[candidate] as number;
    byCluster.set(cluster, [...(byCluster.get(cluster) ?? []), candidate]);
  }
  const queues = [...byCluster]
    .sort(([a, inA], [b, inB]) => inA.length - inB.length || a - b)
    .map(([, members]) => shuffled(members));
  const picks: number[] = [];
  for (let round = 0; picks.length < k; round++) {
    for (const queue of queues) {
      const next = queue[round];
      if (next !== undefined && picks.length < k) picks.push(next);
    }
  }
  return picks;
}
