// The single-linkage tree of a minimum spanning tree: N - 1 merges by ascending distance. Nodes 0 … N-1 are the points,
// node N + m is what merge m makes.

import { UnionFind } from './union-find.js';

/** Edges between points, in no order. */
export interface Edges {
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** Mutual reachability, squared: what the tree is minimal in. */
  readonly weight: Float64Array;
  /** Plain distance, squared: decides between edges of one weight. */
  readonly squared: Float64Array;
}

export interface Hierarchy {
  /** N. */
  readonly points: number;
  /** The two nodes that each merge joins. */
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** Mutual reachability distance of each merge, ascending. */
  readonly distance: Float64Array;
  /** Points below each merge. */
  readonly size: Int32Array;
}

export function hierarchyOf(points: number, edges: Edges): Hierarchy {
  const merges = Math.max(0, points - 1);
  const hierarchy: Hierarchy = {
    points,
    left: new Int32Array(merges),
    right: new Int32Array(merges),
    distance: new Float64Array(merges),
    size: new Int32Array(merges),
  };
  const sets = new UnionFind(points);
  const nodes = Int32Array.from({ length: points }, (_, i) => i);
  let merge = 0;
  for (const edge of sortedEdges(edges)) {
    const [a, b] = [sets.find(edges.from[edge] as number), sets.find(edges.to[edge] as number)];
    hierarchy.left[merge] = nodes[a] as number;
    hierarchy.right[merge] = nodes[b] as number;
    hierarchy.distance[merge] = Math.sqrt(edges.weight[edge] as number);
    hierarchy.size[merge] = sets.sizeOf(a) + sets.sizeOf(b);
    sets.join(a, b);
    nodes[sets.find(a)] = points + merge;
    merge++;
  }
  return hierarchy;
}

/** By weight, plain distance, lower end, higher end: a strict order, so the tree depends on the data alone. */
function sortedEdges({ from, to, weight, squared }: Edges): Int32Array {
  const low = from.map((end, edge) => Math.min(end, to[edge] as number));
  const high = from.map((end, edge) => Math.max(end, to[edge] as number));
  return from
    .map((_, edge) => edge)
    .sort(
      (a, b) =>
        (weight[a] as number) - (weight[b] as number) ||
        (squared[a] as number) - (squared[b] as number) ||
        (low[a] as number) - (low[b] as number) ||
        (high[a] as number) - (high[b] as number),
    );
}
