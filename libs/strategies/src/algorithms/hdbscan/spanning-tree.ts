// Borůvka's algorithm for the minimum spanning tree of mutual reachability over an index of neighbours. Each round joins
// every component by its shortest edge out, most of them known from the lists of nearest others; the rest the index
// searches for. The largest component need not know its own: the others' edges reach it.

import { AppError } from '@alarena/core';
import { BestEdges } from './best-edges.js';
import type { Edges } from './hierarchy.js';
import type { NearestLists } from './nearest-lists.js';
import { UnionFind } from './union-find.js';

/** Distinct points in an order of the index's own, with what it knows of their neighbours. */
export interface NeighbourIndex {
  readonly size: number;
  /** The point at each position. */
  readonly points: Int32Array;
  /** By position. */
  readonly nearest: NearestLists;
  /** Makes the shortest edges of the wanted components final. */
  search(round: Round): void;
  release(): void;
}

export interface Round {
  /** The component of each position. */
  readonly component: Int32Array;
  /** By component: 1 where the shortest edge is not final. */
  readonly wanted: Uint8Array;
  /** Squared core distance of each position. */
  readonly cores: Float64Array;
  readonly best: BestEdges;
}

/** Edges between positions of the index. `progress` is told the share of components joined. */
export function spanningTree(
  index: NeighbourIndex,
  cores: Float64Array,
  progress: (fraction: number) => void,
): Edges {
  const { size, nearest } = index;
  const edges = emptyEdges(Math.max(0, size - 1));
  const sets = new UnionFind(size);
  const component = new Int32Array(size);
  const wanted = new Uint8Array(size);
  const best = new BestEdges(index.points);
  // Places of each list that lead into the point's own component, which only grows.
  const passed = new Int32Array(size);
  let count = 0;
  while (count < edges.from.length) {
    let largest = 0;
    for (let at = 0; at < size; at++) {
      const root = sets.find(at);
      component[at] = root;
      if (sets.sizeOf(root) > sets.sizeOf(largest)) largest = root;
    }
    best.reset();
    for (let at = 0; at < size; at++) offerListed(nearest, at, passed, component, cores, best);
    wanted.fill(0);
    for (let at = 0; at < size; at++) {
      const least = nearest.beyond[at] as number;
      const own = component[at] as number;
      if (best.admits(own, Math.max(least, cores[at] as number), least)) wanted[own] = 1;
    }
    const largestIsOpen = wanted[largest] === 1;
    wanted[largest] = 0;
    index.search({ component, wanted, cores, best });
    const before = count;
    for (let root = 0; root < size; root++) {
      if (component[root] !== root || (root === largest && largestIsOpen)) continue;
      const [from, to] = [best.from[root] as number, best.to[root] as number];
      if (!sets.join(from, to)) continue;
      edges.from[count] = from;
      edges.to[count] = to;
      edges.weight[count] = best.weight[root] as number;
      edges.squared[count] = best.squared[root] as number;
      count++;
    }
    if (count === before) throw new AppError('internal', 'a round of the spanning tree joined nothing');
    progress(count / edges.from.length);
  }
  return edges;
}

function emptyEdges(count: number): Edges {
  return {
    from: new Int32Array(count),
    to: new Int32Array(count),
    weight: new Float64Array(count),
    squared: new Float64Array(count),
  };
}

function offerListed(
  { length, others, squared }: NearestLists,
  point: number,
  passed: Int32Array,
  component: Int32Array,
  cores: Float64Array,
  best: BestEdges,
): void {
  const own = component[point] as number;
  const core = cores[point] as number;
  const start = point * length;
  let place = passed[point] as number;
  while (place < length && component[others[start + place] as number] === own) place++;
  passed[point] = place;
  for (; place < length; place++) {
    const distance = squared[start + place] as number;
    const other = others[start + place] as number;
    const least = Math.max(distance, core);
    if (!best.admits(own, least, distance)) break;
    if (component[other] === own) continue;
    best.offer(own, Math.max(least, cores[other] as number), distance, point, other);
  }
}
