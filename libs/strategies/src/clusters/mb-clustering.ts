// A query spread evenly over HDBSCAN clusters, and within each over its outliers and the rest.

import { type CounterRandom, counterRandom } from '@alarena/core';
import { procedure } from '../define.js';
import type { LayerSignal, Strategy } from '../strategy.js';
import {
  type DensityClusters,
  densityClusters,
  hdbscanCost,
  hdbscanParameters,
  hdbscanSource,
} from './density-clusters.js';

/** The share of each cluster's places that its outliers get. */
const OUTLIERS = 0.2;
/** Samples at or above this quantile of GLOSH are outliers. */
const QUANTILE = 0.9;

export const mbClustering = overClusters({
  name: 'mb_clustering',
  summary: 'as many samples of each cluster of class activations, a fifth of them outliers of it',
  layer: 'a2',
  minClusterSize: 100,
  quantileOf: 'cluster',
});

export const clusterOutlierCombined = overClusters({
  name: 'cluster_outlier_combined',
  summary: 'as many samples of each cluster of features, a fifth of them outliers of the pool',
  layer: 'z',
  minClusterSize: 500,
  quantileOf: 'pool',
});

interface Described {
  readonly name: string;
  readonly summary: string;
  readonly layer: LayerSignal;
  readonly minClusterSize: number;
  /** Whose 0.9 quantile makes an outlier. */
  readonly quantileOf: 'cluster' | 'pool';
}

function overClusters({ name, summary, layer, minClusterSize, quantileOf }: Described): Strategy {
  const whose = quantileOf === 'cluster' ? "the cluster's" : "the pool's";
  return procedure(
    {
      ...{ name, summary },
      signals: [layer],
      labelledSignals: [],
      parameters: hdbscanParameters(minClusterSize),
      source: {
        ...hdbscanSource,
        equation: `k spread evenly over the clusters; 20 % of each from its samples at or above ${whose} 0.9 quantile of GLOSH, 80 % from its others, at random; what clusters cannot give, from the pool`,
      },
      cost: hdbscanCost,
      semantics: 2,
    },
    (pool, k, parameters, random, tools) => {
      const found = densityClusters(pool, layer, parameters, tools, 'picked at random');
      const { ids, glosh, notes } = found;
      const draws = counterRandom(random);
      const clusters = clustersBySize(found);
      const places = spread(
        k,
        clusters.map((cluster) => cluster.length),
      );
      const ofPool = quantileOf === 'pool' ? quantile(glosh, QUANTILE) : undefined;
      const picks = clusters.map((cluster, at) => {
        const limit = ofPool ?? quantile(scoresOf(cluster, glosh), QUANTILE);
        const isOutlier = (sample: number) => (glosh[sample] as number) >= limit;
        return pickMixed(shuffled(cluster, ids, draws), isOutlier, places[at] as number);
      });
      const picked = roundRobin(picks);
      const taken = new Set(picked);
      const left = Int32Array.from(ids.keys()).filter((sample) => !taken.has(sample));
      picked.push(...shuffled(left, ids, draws).subarray(0, k - picked.length));
      return {
        ids: picked.map((sample) => ids[sample] as number),
        scores: picked.map((sample) => glosh[sample] as number),
        notes,
      };
    },
  );
}

/** The samples of each cluster, ascending; larger clusters first, equal ones by their first sample. */
function clustersBySize({ labels, clusters }: DensityClusters): Int32Array[] {
  const samples = Array.from({ length: clusters }, (): number[] => []);
  labels.forEach((cluster, sample) => {
    samples[cluster]?.push(sample);
  });
  return samples
    .sort((a, b) => b.length - a.length || (a[0] ?? 0) - (b[0] ?? 0))
    .map((of) => Int32Array.from(of));
}

/** Up to `k` places, as even as sizes allow; of equal claims the earlier has the one more. */
export function spread(k: number, sizes: readonly number[]): number[] {
  const places = sizes.map(() => 0);
  let open = k;
  for (let left = sizes.length; left > 0 && open > 0; ) {
    const share = Math.max(1, Math.floor(open / left));
    left = 0;
    for (const [at, size] of sizes.entries()) {
      const more = Math.min(share, size - (places[at] as number), open);
      places[at] = (places[at] as number) + more;
      open -= more;
      if (size > (places[at] as number)) left++;
    }
  }
  return places;
}

/** A fifth of the places for outliers, the others for the rest; what one of the two lacks the other gives. */
function pickMixed(samples: Int32Array, isOutlier: (sample: number) => boolean, places: number): Int32Array {
  const outliers = samples.filter(isOutlier);
  const rest = samples.filter((sample) => !isOutlier(sample));
  const wanted = Math.max(Math.round(OUTLIERS * places), places - rest.length);
  const count = Math.min(wanted, outliers.length);
  return Int32Array.of(...outliers.subarray(0, count), ...rest.subarray(0, places - count));
}

/** In an order by one draw a sample. */
function shuffled(samples: Int32Array, ids: Int32Array, draws: CounterRandom): Int32Array {
  const keys = new Map(Array.from(samples, (sample) => [sample, draws.uniform(ids[sample] as number)]));
  return samples.slice().sort((a, b) => (keys.get(a) ?? 0) - (keys.get(b) ?? 0) || a - b);
}

/** The first of each, then the second of each, and so on. */
function roundRobin(lists: readonly Int32Array[]): number[] {
  const most = Math.max(0, ...lists.map((list) => list.length));
  const merged: number[] = [];
  for (let turn = 0; turn < most; turn++) {
    for (const list of lists) if (turn < list.length) merged.push(list[turn] as number);
  }
  return merged;
}

function scoresOf(samples: Int32Array, glosh: Float64Array): Float64Array {
  return Float64Array.from(samples, (sample) => glosh[sample] as number);
}

/** Between the two nearest of the sorted values in proportion, as NumPy has it by default. */
export function quantile(values: Float64Array, share: number): number {
  const sorted = values.slice().sort();
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)] as number;
  return below + (at - Math.floor(at)) * ((sorted[Math.ceil(at)] as number) - below);
}
