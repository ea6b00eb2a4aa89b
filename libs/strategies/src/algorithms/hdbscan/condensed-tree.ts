// The hierarchy without splits that leave fewer than `minClusterSize` points on a side: such points fall out of their
// cluster instead (Campello, Moulavi and Sander, 2013; McInnes and Healy, 2017). λ = 1 / distance.

import type { Hierarchy } from './hierarchy.js';

export interface CondensedTree {
  /** The last cluster each point belongs to, and the λ at which it falls out of it. */
  readonly pointCluster: Int32Array;
  readonly pointLambda: Float64Array;
  /** Of each cluster, the root being 0 and every parent before its children: parent (root: -1), λ of birth, points. */
  readonly parent: readonly number[];
  readonly birth: readonly number[];
  readonly size: readonly number[];
}

export function condensedTree(hierarchy: Hierarchy, minClusterSize: number): CondensedTree {
  const { points, left, right, distance, size } = hierarchy;
  const [parent, birth, sizes] = [[-1], [0], [points]];
  const pointCluster = new Int32Array(points);
  const pointLambda = new Float64Array(points);
  const merges = left.length;
  // Of each merge: its cluster, and the λ at which it fell out of it with all that is below; -1 while it has not.
  const cluster = new Int32Array(merges);
  const fallen = new Float64Array(merges).fill(-1);
  const sizeOf = (node: number): number => (node < points ? 1 : (size[node - points] as number));
  const place = (node: number, home: number, lambda: number): void => {
    if (node < points) {
      pointCluster[node] = home;
      pointLambda[node] = lambda;
    } else {
      cluster[node - points] = home;
      fallen[node - points] = lambda;
    }
  };
  const born = (from: number, lambda: number, count: number): number => {
    parent.push(from);
    birth.push(lambda);
    return sizes.push(count) - 1;
  };
  for (let merge = merges - 1; merge >= 0; merge--) {
    const [a, b] = [left[merge] as number, right[merge] as number];
    const [home, fell] = [cluster[merge] as number, fallen[merge] as number];
    if (fell >= 0) {
      place(a, home, fell);
      place(b, home, fell);
      continue;
    }
    const lambda = 1 / (distance[merge] as number);
    const [countA, countB] = [sizeOf(a), sizeOf(b)];
    const [staysA, staysB] = [countA >= minClusterSize, countB >= minClusterSize];
    if (staysA && staysB) {
      place(a, born(home, lambda, countA), -1);
      place(b, born(home, lambda, countB), -1);
    } else {
      place(a, home, staysA ? -1 : lambda);
      place(b, home, staysB ? -1 : lambda);
    }
  }
  return { pointCluster, pointLambda, parent, birth, size: sizes };
}
