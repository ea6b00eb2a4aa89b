// k-means: seeds by D² sampling (Arthur and Vassilvitskii, 2007), then Lloyd's steps. Deterministic: sums in float64 in
// an order of their own, centres rounded to float32, ties to the lower cluster. Give rows in an order of their own.

import { type CounterRandom, type Matrices, ndarray } from '@alarena/core';
import { assign, distancesTo } from './assign.js';
import { d2Sample } from './d2-sampling.js';
import { RowSpace } from './space.js';

export interface Clusters {
  /** Cluster of each sample. */
  readonly labels: Int32Array;
  /** Clusters x width. One without samples (fewer distinct samples than clusters) stays at its seed. */
  readonly centres: RowSpace;
}

export interface KMeansOptions {
  readonly clusters: number;
  readonly matrices: Matrices;
  /** Draws named by `ids`. */
  readonly draws: CounterRandom;
  readonly ids: Int32Array;
  readonly progress: (fraction: number) => void;
}

// As scikit-learn has them, with which most papers cluster.
const MOST_STEPS = 300;
/** Movement of all centres, squared, at which to stop; relative to the mean variance of a column. */
const TOLERANCE = 1e-4;
/** The draw of a sample for being the first seed: others belong to `d2Sample`. */
const FIRST_SEED = 2;

export function kMeans(space: RowSpace, options: KMeansOptions): Clusters {
  const { clusters, matrices, draws, ids, progress } = options;
  const seeds = d2Sample(space, ids, clusters, firstSeed(ids, draws), draws, (part) => progress(part / 4));
  const { size, width } = space;
  const rows = new Float32Array(clusters * width);
  seeds.forEach(({ position }, c) => {
    rows.set(space.data.subarray(position * width, (position + 1) * width), c * width);
  });
  let centres = new RowSpace(ndarray('float32', [clusters, width], rows), matrices);
  let labels: Int32Array = new Int32Array(size).fill(-1);
  const sums = new Sums(space, clusters);
  const enough = TOLERANCE * meanVariance(space);
  for (let step = 0; step < MOST_STEPS; step++) {
    const moved = assign(space, centres);
    fillEmpty(space, centres, moved);
    if (moved.every((label, i) => label === labels[i])) break;
    labels = moved;
    const next = sums.means(labels, centres, matrices);
    const shift = movement(centres, next);
    centres.release();
    centres = next;
    progress(1 / 4 + ((3 / 4) * step) / MOST_STEPS);
    if (shift > enough) continue;
    labels = assign(space, centres);
    break;
  }
  centres.release();
  return { labels, centres };
}

/** The clusters of several starts, each with draws of its own, whose samples are nearest to their centres. */
export function bestKMeans(
  space: RowSpace,
  { starts, ...options }: Omit<KMeansOptions, 'draws'> & { readonly starts: readonly CounterRandom[] },
): Clusters {
  const all = starts.map((draws) => kMeans(space, { ...options, draws }));
  const spread = all.map(({ labels, centres }) =>
    distancesTo(space, centres, labels).reduce((sum, distance) => sum + distance, 0),
  );
  return all[spread.indexOf(Math.min(...spread))] as Clusters;
}

/** The sample of each cluster (that has any) nearest to its centre, ties to the lower position, by ascending cluster. */
export function nearestToCentres(space: RowSpace, { labels, centres }: Clusters): number[] {
  const distances = distancesTo(space, centres, labels);
  const nearest = new Map<number, number>();
  labels.forEach((label, i) => {
    const best = nearest.get(label);
    if (best === undefined || (distances[i] as number) < (distances[best] as number)) nearest.set(label, i);
  });
  return [...nearest].sort(([a], [b]) => a - b).map(([, position]) => position);
}

function firstSeed(ids: Int32Array, draws: CounterRandom): number {
  let first = 0;
  let least = Number.POSITIVE_INFINITY;
  ids.forEach((id, i) => {
    const draw = draws.uniform(id, FIRST_SEED);
    if (draw >= least) return;
    least = draw;
    first = i;
  });
  return first;
}

/** Gives each empty cluster the sample farthest from its own centre, as long as that is not a copy of it. */
function fillEmpty(space: RowSpace, centres: RowSpace, labels: Int32Array): void {
  const sizes = new Int32Array(centres.size);
  for (const label of labels) sizes[label] = (sizes[label] as number) + 1;
  if (sizes.every((size) => size > 0)) return;
  const distances = distancesTo(space, centres, labels);
  for (let empty = 0; empty < sizes.length; empty++) {
    if (sizes[empty] !== 0) continue;
    let farthest = -1;
    distances.forEach((distance, i) => {
      const least = farthest < 0 ? 0 : (distances[farthest] as number);
      if (distance > least && (sizes[labels[i] as number] as number) > 1) farthest = i;
    });
    if (farthest < 0) return;
    const from = labels[farthest] as number;
    sizes[from] = (sizes[from] as number) - 1;
    sizes[empty] = 1;
    labels[farthest] = empty;
    distances[farthest] = 0;
  }
}

/** Sums of each cluster's samples, kept up to date by what moves: in the same order for the same labels. */
class Sums {
  readonly #space: RowSpace;
  readonly #sums: Float64Array;
  readonly #sizes: Int32Array;
  readonly #labels: Int32Array;

  constructor(space: RowSpace, clusters: number) {
    this.#space = space;
    this.#sums = new Float64Array(clusters * space.width);
    this.#sizes = new Int32Array(clusters);
    this.#labels = new Int32Array(space.size).fill(-1);
  }

  /** The means under these labels; that of a cluster without samples stays where it is. */
  means(labels: Int32Array, centres: RowSpace, matrices: Matrices): RowSpace {
    labels.forEach((label, i) => {
      const before = this.#labels[i] as number;
      if (before === label) return;
      if (before >= 0) this.#add(i, before, -1);
      this.#add(i, label, 1);
      this.#labels[i] = label;
    });
    const { width } = this.#space;
    const rows = centres.data.slice();
    this.#sizes.forEach((size, c) => {
      if (size === 0) return;
      for (let at = c * width; at < (c + 1) * width; at++) rows[at] = (this.#sums[at] as number) / size;
    });
    return new RowSpace(ndarray('float32', [centres.size, width], rows), matrices);
  }

  #add(i: number, cluster: number, sign: 1 | -1): void {
    const { data, width } = this.#space;
    const sums = this.#sums;
    this.#sizes[cluster] = (this.#sizes[cluster] as number) + sign;
    const [from, to] = [i * width, cluster * width];
    for (let at = 0; at < width; at++) {
      sums[to + at] = (sums[to + at] as number) + sign * (data[from + at] as number);
    }
  }
}

function movement(from: RowSpace, to: RowSpace): number {
  let sum = 0;
  for (let c = 0; c < from.size; c++) sum += from.squaredDistanceTo(to, c, c);
  return sum;
}

function meanVariance({ data, size, width, squaredNorms }: RowSpace): number {
  if (size === 0) return 0;
  const sums = new Float64Array(width);
  for (let i = 0; i < size; i++) {
    for (let at = 0; at < width; at++) sums[at] = (sums[at] as number) + (data[i * width + at] as number);
  }
  const meanSquare = squaredNorms.reduce((total, squared) => total + squared, 0) / size;
  const squareOfMean = sums.reduce((total, sum) => total + (sum / size) ** 2, 0);
  return Math.max(0, meanSquare - squareOfMean) / width;
}
