// Flat clusters of a condensed tree by excess of mass, the membership of their points, and GLOSH, each point's outlier
// score (Campello, Moulavi, Zimek and Sander, 2015), as hdbscan 0.8.44 defines them with its defaults.

import { type CondensedTree, condensedTree } from './condensed-tree.js';
import type { Hierarchy } from './hierarchy.js';

export interface Clustering {
  /** Cluster of each point, numbered by their lowest points; -1: noise. */
  readonly labels: Int32Array;
  readonly clusters: number;
  /** How strongly each point belongs to its cluster, in [0, 1]; 0 for noise. */
  readonly probabilities: Float64Array;
  /** Outlier score of each point, in [0, 1]. */
  readonly glosh: Float64Array;
  /** Of each cluster, in [0, 1]: its stability beside that of one which lasts over all densities. */
  readonly persistence: Float64Array;
}

/** Clusters of at least `minClusterSize` ≥ 2 points; the root is no cluster. */
export function clustersOf(hierarchy: Hierarchy, minClusterSize: number): Clustering {
  const tree = condensedTree(hierarchy, minClusterSize);
  const stability = stabilities(tree);
  const { labels, chosen } = label(tree, chooseByMass(tree, stability));
  const deaths = deathsOf(tree);
  return {
    ...{ labels, clusters: chosen.length },
    probabilities: probabilitiesOf(tree, labels, chosen, deaths),
    glosh: glosh(tree, deaths),
    persistence: persistenceOf(tree, labels, chosen, stability),
  };
}

/** Σ (λ at which a point leaves - λ of birth) over the points of each cluster; those that go on leave at the split. */
function stabilities({ pointCluster, pointLambda, parent, birth, size }: CondensedTree): Float64Array {
  const sums = new Float64Array(parent.length);
  pointCluster.forEach((cluster, point) => {
    sums[cluster] = (sums[cluster] as number) + (pointLambda[point] as number) - (birth[cluster] as number);
  });
  for (let child = 1; child < parent.length; child++) {
    const cluster = parent[child] as number;
    const lived = (birth[child] as number) - (birth[cluster] as number);
    sums[cluster] = (sums[cluster] as number) + lived * (size[child] as number);
  }
  return sums;
}

/** Whether each cluster is at least as stable as the best choice below it. */
function chooseByMass({ parent }: CondensedTree, stability: Float64Array): Uint8Array {
  const wins = new Uint8Array(parent.length);
  const below = new Float64Array(parent.length);
  for (let cluster = parent.length - 1; cluster > 0; cluster--) {
    const [own, best] = [stability[cluster] as number, below[cluster] as number];
    wins[cluster] = Number(own >= best);
    const above = parent[cluster] as number;
    below[above] = (below[above] as number) + Math.max(own, best);
  }
  return wins;
}

/** The topmost winners are the clusters. */
function label({ pointCluster, parent }: CondensedTree, wins: Uint8Array) {
  const top = new Int32Array(parent.length).fill(-1);
  for (let cluster = 1; cluster < parent.length; cluster++) {
    const above = top[parent[cluster] as number] as number;
    top[cluster] = above === -1 && wins[cluster] === 1 ? cluster : above;
  }
  const chosen: number[] = [];
  const numbers = new Map<number, number>();
  const labels = pointCluster.map((cluster) => {
    const own = top[cluster] as number;
    if (own === -1) return -1;
    const known = numbers.get(own);
    if (known !== undefined) return known;
    numbers.set(own, chosen.length);
    return chosen.push(own) - 1;
  });
  return { labels, chosen };
}

/** The highest λ at which anything leaves each cluster. */
function deathsOf({ pointCluster, pointLambda, parent, birth }: CondensedTree): Float64Array {
  const deaths = new Float64Array(parent.length);
  pointCluster.forEach((cluster, point) => {
    deaths[cluster] = Math.max(deaths[cluster] as number, pointLambda[point] as number);
  });
  for (let child = 1; child < parent.length; child++) {
    const cluster = parent[child] as number;
    deaths[cluster] = Math.max(deaths[cluster] as number, birth[child] as number);
  }
  return deaths;
}

function probabilitiesOf(
  { pointLambda }: CondensedTree,
  labels: Int32Array,
  chosen: readonly number[],
  deaths: Float64Array,
): Float64Array {
  return Float64Array.from(labels, (cluster, point) => {
    if (cluster === -1) return 0;
    return share(pointLambda[point] as number, deaths[chosen[cluster] as number] as number);
  });
}

/** 1 - λ of the point / highest λ below its cluster. */
function glosh({ pointCluster, pointLambda, parent }: CondensedTree, deaths: Float64Array): Float64Array {
  const deepest = Float64Array.from(deaths);
  for (let child = parent.length - 1; child > 0; child--) {
    const cluster = parent[child] as number;
    deepest[cluster] = Math.max(deepest[cluster] as number, deepest[child] as number);
  }
  return Float64Array.from(pointCluster, (cluster, point) => {
    return 1 - share(pointLambda[point] as number, deepest[cluster] as number);
  });
}

/** λ / highest, at most 1; copies of one point stay together up to λ = ∞. */
function share(lambda: number, highest: number): number {
  return lambda >= highest ? 1 : lambda / highest;
}

function persistenceOf(
  { pointLambda, birth }: CondensedTree,
  labels: Int32Array,
  chosen: readonly number[],
  stability: Float64Array,
): Float64Array {
  const counts = new Int32Array(chosen.length);
  for (const cluster of labels) if (cluster !== -1) counts[cluster] = (counts[cluster] as number) + 1;
  const longest = Math.max(
    pointLambda.reduce((most, lambda) => Math.max(most, lambda), 0),
    birth.reduce((most, lambda) => Math.max(most, lambda), 0),
  );
  return Float64Array.from(chosen, (cluster, number) => {
    const most = (counts[number] as number) * longest;
    return most === Number.POSITIVE_INFINITY ? 1 : (stability[cluster] as number) / most;
  });
}
