// TypiClust: cluster everything, take the clusters with the fewest labels (of those the largest), and of each the most
// typical sample: the one nearest to its neighbours. For small budgets, where what is uncertain misleads.

import { counterRandom, type Matrices, ndarray } from '@alarena/core';
import { densest } from '../algorithms/density.js';
import { kMeans } from '../algorithms/k-means.js';
import { RowSpace } from '../algorithms/space.js';
import { procedure } from '../define.js';
import { idsInOrder, idsOfBoth, rowsAtPositions, rowsById, stacked, unitRows } from './by-id.js';

/** Added to the mean distance, as the authors do: copies have none. */
const LEAST_DISTANCE = 1e-5;

export const typiclust = procedure(
  {
    name: 'typiclust',
    summary: 'the most typical sample of each cluster that has the fewest labels',
    signals: ['z'],
    labelledSignals: ['z'],
    parameters: [
      {
        ...{ name: 'most_clusters', type: 'integer', default: 500, min: 1 },
        summary: 'no more clusters than this, however many labels there are',
      },
      {
        ...{ name: 'least_cluster_size', type: 'integer', default: 6, min: 1 },
        summary: 'smaller clusters are left out',
      },
      {
        ...{ name: 'neighbours', type: 'integer', default: 20, min: 1 },
        summary: 'how many nearest ones a sample is typical of; at most half of the cluster',
      },
      {
        ...{ name: 'unit_length', type: 'boolean', default: true },
        summary: 'scale features to length 1 first, as the authors do',
      },
    ],
    source: {
      paper: 'Hacohen, Dekel and Weinshall, Active Learning on a Budget, 2022',
      reference: 'arXiv 2202.02794',
      equation:
        'argmax 1 / (mean distance to 20 neighbours) in each of min(|L| + k, 500) clusters (algorithm 1)',
    },
    advice:
      'Made for the first labels, a few a class; later on, strategies that know of uncertainty overtake it.',
    cost: 'O(s N (|L| + k) d)',
    semantics: 1,
  },
  (pool, k, parameters, random, tools) => {
    const { labelled } = pool;
    const ids = idsInOrder(pool);
    const own = rowsById(pool, pool.signal('z'));
    const raw = labelled.size === 0 ? own : stacked(own, rowsById(labelled, labelled.signal('z')));
    const space = new RowSpace(parameters.unit_length ? unitRows(raw) : raw, tools.matrices);
    const { labels } = kMeans(space, {
      clusters: Math.min(labelled.size + k, parameters.most_clusters as number),
      draws: counterRandom(random),
      ids: idsOfBoth(pool, labelled),
      matrices: tools.matrices,
      progress: (part) => tools.progress(part / 2),
    });
    space.release();
    const { clusters, rows } = clustersOf(labels, space, pool.size, tools.matrices);
    const large = clusters.filter(({ size }) => size >= (parameters.least_cluster_size as number));
    const small = clusters.filter((cluster) => !large.includes(cluster));
    const picks: { position: number; typicality: number }[] = [];
    const visit = (group: readonly Cluster[]): void => {
      for (let left = true; left && picks.length < k; ) {
        left = false;
        for (const { members } of group) {
          if (picks.length === k || members.length === 0) continue;
          left = true;
          picks.push(takeTypical(rows, members, parameters.neighbours as number));
          tools.progress(1 / 2 + picks.length / k / 2);
        }
      }
    };
    visit(large);
    const fromLarge = picks.length;
    visit(small);
    rows.space.release();
    return {
      ids: picks.map(({ position }) => ids[position] as number),
      scores: picks.map(({ typicality }) => typicality),
      notes:
        fromLarge === k
          ? []
          : [
              `${k - fromLarge} of ${k} picks from clusters of fewer than ${parameters.least_cluster_size} samples`,
            ],
    };
  },
);

interface Cluster {
  /** Of all samples, labelled ones too. */
  readonly size: number;
  /** Rows of its pool samples, ascending; those picked are taken out. */
  readonly members: number[];
}

/** Pool samples cluster by cluster, so that each is a range of rows. */
interface ClusterRows {
  readonly space: RowSpace;
  /** Of each row. */
  readonly positions: readonly number[];
}

/** Clusters with the fewest labels first, then the largest, then by their first sample. */
function clustersOf(
  labels: Int32Array,
  { data, size, width }: RowSpace,
  poolSize: number,
  matrices: Matrices,
): { clusters: Cluster[]; rows: ClusterRows } {
  const byLabel = new Map<number, { size: number; known: number; positions: number[] }>();
  labels.forEach((label, position) => {
    const cluster = byLabel.get(label) ?? { size: 0, known: 0, positions: [] };
    byLabel.set(label, cluster);
    cluster.size++;
    if (position < poolSize) cluster.positions.push(position);
    else cluster.known++;
  });
  const sorted = [...byLabel.values()].sort(
    (a, b) => a.known - b.known || b.size - a.size || (a.positions[0] ?? 0) - (b.positions[0] ?? 0),
  );
  const positions = sorted.flatMap((cluster) => cluster.positions);
  const rows = rowsAtPositions(ndarray('float32', [size, width], data), positions);
  let next = 0;
  const clusters = sorted.map((cluster) => ({
    size: cluster.size,
    members: cluster.positions.map(() => next++),
  }));
  return { clusters, rows: { space: new RowSpace(rows, matrices), positions } };
}

/** Takes the most typical of the members out of them. */
function takeTypical(
  { space, positions }: ClusterRows,
  members: number[],
  neighbours: number,
): { position: number; typicality: number } {
  const within = Math.min(neighbours, Math.floor(members.length / 2));
  if (within === 0) return { position: positions[members.pop() as number] as number, typicality: 0 };
  const { row, meanDistance } = densest(space, Int32Array.from(members), within);
  members.splice(members.indexOf(row), 1);
  return { position: positions[row] as number, typicality: 1 / (meanDistance + LEAST_DISTANCE) };
}
