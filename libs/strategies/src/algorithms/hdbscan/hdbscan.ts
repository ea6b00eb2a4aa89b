// HDBSCAN* (Campello, Moulavi and Sander, 2013; McInnes and Healy, 2017) in two steps: the hierarchy of all densities,
// which is the work, and clusters of a least size in it, which are cheap. Equal to hdbscan 0.8.44 with its defaults
// wherever distances are distinct; ties go to the shorter plain distance, then to the lower rows.

import { AppError, type NdArray } from '@alarena/core';
import type { Tools } from '../../tools.js';
import { type Clustering, clustersOf } from './clusters.js';
import { type DistinctPoints, distinctPoints } from './distinct-points.js';
import { type Edges, type Hierarchy, hierarchyOf } from './hierarchy.js';
import { KdTree } from './kd-tree.js';
import { PASS_SHARE, ProductBlocks } from './product-blocks.js';
import { type NeighbourIndex, spanningTree } from './spanning-tree.js';

/** Neighbours kept of each point beyond those that its core distance needs. */
const SPARE_NEIGHBOURS = 8;
/** In more dimensions the boxes of a tree rule too little out, and matrix products are faster. */
const MOST_AXES = 16;

export interface HdbscanOptions {
  /** At least 2. */
  readonly minClusterSize: number;
  /** The core distance is that to the minSamples-th nearest other row; at least 1, which leaves distances as they are. */
  readonly minSamples: number;
}

/** Clusters the rows of `x` (N x d). */
export function hdbscan(x: NdArray<'float32'>, options: HdbscanOptions, tools: Tools): Clustering {
  const { minClusterSize, minSamples } = options;
  if (!Number.isInteger(minClusterSize) || minClusterSize < 2) {
    const description = `must be an integer of at least 2, got ${minClusterSize}`;
    throw AppError.invalid('hdbscan cannot cluster:', [{ field: 'minClusterSize', description }]);
  }
  return clustersOf(densityHierarchy(x, minSamples, tools), minClusterSize);
}

/** The single-linkage tree of mutual reachability, the same for every least size of clusters. */
export function densityHierarchy(x: NdArray<'float32'>, minSamples: number, tools: Tools): Hierarchy {
  check(x, minSamples);
  const size = x.shape[0] ?? 0;
  const points = distinctPoints(x);
  const wanted = Math.max(1, Math.min(minSamples, size - 1));
  const index = indexOf(x, points, wanted, tools);
  try {
    const cores = coreDistances(index, points, wanted);
    const tree = spanningTree(index, cores, (joined) => {
      tools.progress(PASS_SHARE + (1 - PASS_SHARE) * joined);
    });
    return hierarchyOf(size, betweenRows(tree, index, points, cores));
  } finally {
    index.release();
  }
}

function check(x: NdArray<'float32'>, minSamples: number): void {
  const { shape, data } = x;
  const violations = [];
  if (shape.length !== 2) {
    violations.push({
      field: 'x',
      description: `must have the shape rows x width, got ${shape.join(' x ')}`,
    });
  }
  if (!Number.isInteger(minSamples) || minSamples < 1) {
    violations.push({
      field: 'minSamples',
      description: `must be an integer of at least 1, got ${minSamples}`,
    });
  }
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    violations.push({
      field: 'x',
      description: `row ${Math.floor(bad / (shape[1] ?? 1))} holds ${data[bad]}`,
    });
  }
  if (violations.length > 0) throw AppError.invalid('hdbscan cannot cluster:', violations);
}

function indexOf(
  x: NdArray<'float32'>,
  { rows }: DistinctPoints,
  needed: number,
  tools: Tools,
): NeighbourIndex {
  const kept = needed + SPARE_NEIGHBOURS;
  const width = x.shape[1] ?? 0;
  return width <= MOST_AXES ? new KdTree(x, rows, kept) : new ProductBlocks(x, rows, { kept, needed }, tools);
}

/** Squared, by position. Copies of a point are its nearest others. */
function coreDistances(index: NeighbourIndex, { copies }: DistinctPoints, minSamples: number): Float64Array {
  const { length, others, squared } = index.nearest;
  return Float64Array.from(index.points, (point, at) => {
    let met = (copies[point] as number) - 1;
    let core = 0;
    for (let place = at * length; met < minSamples && place < (at + 1) * length; place++) {
      met += copies[index.points[others[place] as number] as number] as number;
      core = squared[place] as number;
    }
    return core;
  });
}

/** The tree between the first rows of each point, and every copy joined to the first row of its point. */
function betweenRows(
  tree: Edges,
  index: NeighbourIndex,
  { rows, points }: DistinctPoints,
  cores: Float64Array,
): Edges {
  const size = points.length;
  const edges: Edges = {
    from: new Int32Array(Math.max(0, size - 1)),
    to: new Int32Array(Math.max(0, size - 1)),
    weight: new Float64Array(Math.max(0, size - 1)),
    squared: new Float64Array(Math.max(0, size - 1)),
  };
  const rowAt = (position: number): number => rows[index.points[position] as number] as number;
  tree.from.forEach((from, edge) => {
    edges.from[edge] = rowAt(from);
    edges.to[edge] = rowAt(tree.to[edge] as number);
  });
  edges.weight.set(tree.weight);
  edges.squared.set(tree.squared);
  const coreOf = new Float64Array(rows.length);
  index.points.forEach((point, at) => {
    coreOf[point] = cores[at] as number;
  });
  let edge = tree.from.length;
  points.forEach((point, row) => {
    const first = rows[point] as number;
    if (row === first) return;
    edges.from[edge] = first;
    edges.to[edge] = row;
    edges.weight[edge] = coreOf[point] as number;
    edge++;
  });
  return edges;
}
