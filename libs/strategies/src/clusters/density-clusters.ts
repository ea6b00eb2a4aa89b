// HDBSCAN of a layer of the pool. Where there is no cluster of the size asked for, the least size is halved until there
// is one or it has been 2.

import { type NdArray, ndarray } from '@alarena/core';
import { type Clustering, clustersOf } from '../algorithms/hdbscan/clusters.js';
import { densityHierarchy } from '../algorithms/hdbscan/hdbscan.js';
import type { CheckedPool } from '../checks.js';
import type { NumericParameter, Parameters } from '../parameters.js';
import type { LayerSignal, Source } from '../strategy.js';
import type { Tools } from '../tools.js';

export interface DensityClusters extends Clustering {
  /** The pool's ids, ascending: point i of the clustering is sample ids[i]. */
  readonly ids: Int32Array;
  /** What a reader should know of the sizes tried; one that there is no cluster at all ends with `otherwise`. */
  readonly notes: readonly string[];
}

export const hdbscanSource = {
  paper:
    'Campello, Moulavi, Zimek and Sander, Hierarchical Density Estimates for Data Clustering, Visualization, and Outlier Detection, 2015',
  reference: 'doi 10.1145/2733381',
} satisfies Partial<Source>;

/** O(N log N) where the layer is narrow and a space tree serves. */
export const hdbscanCost = 'O(N² d)';

export function hdbscanParameters(minClusterSize: number): readonly NumericParameter[] {
  return [
    {
      name: 'min_cluster_size',
      type: 'integer',
      default: minClusterSize,
      min: 2,
      summary: 'least size of a cluster; halved where there is none',
    },
    {
      name: 'min_samples',
      type: 'integer',
      default: 1,
      min: 1,
      summary: 'the core distance of a sample is that to its min_samples-th nearest other one',
    },
  ];
}

/** `otherwise`: what the caller does where there is no cluster at all. */
export function densityClusters(
  pool: CheckedPool,
  layer: LayerSignal,
  parameters: Parameters,
  tools: Tools,
  otherwise: string,
): DensityClusters {
  const hierarchy = densityHierarchy(
    inOrder(pool.signal(layer), pool.order),
    Number(parameters.min_samples),
    tools,
  );
  const ids = pool.order.map((position) => pool.ids[position] as number);
  const others = ids.length - 1;
  const minSamples = Number(parameters.min_samples);
  const fewer =
    minSamples > others ? [`min_samples ${minSamples}: there are ${others} others, used that`] : [];
  const tried: number[] = [];
  for (let size = Number(parameters.min_cluster_size); ; size = Math.max(2, Math.floor(size / 2))) {
    const clustering = clustersOf(hierarchy, size);
    if (clustering.clusters > 0) {
      return { ...clustering, ids, notes: [...fewer, ...noteOn(tried, `used ${size}`)] };
    }
    tried.push(size);
    if (size === 2) return { ...clustering, ids, notes: [...fewer, ...noteOn(tried, otherwise)] };
  }
}

function noteOn(tried: readonly number[], then: string): readonly string[] {
  return tried.length === 0 ? [] : [`no cluster at ${tried.join(', ')}, ${then}`];
}

/** Rows by ascending id, so that ties do not depend on the order of the pool. */
function inOrder(matrix: NdArray<'float32'>, order: Int32Array): NdArray<'float32'> {
  if (order.every((position, row) => position === row)) return matrix;
  const width = matrix.shape[1] ?? 0;
  const data = new Float32Array(order.length * width);
  order.forEach((position, row) => {
    data.set(matrix.data.subarray(position * width, (position + 1) * width), row * width);
  });
  return ndarray('float32', [order.length, width], data);
}
