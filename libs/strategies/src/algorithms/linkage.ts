// Hierarchical agglomerative clustering with average linkage of squared Euclidean distances, which centroids suffice for:
// mean over pairs ‖a - b‖² = ‖μ_A - μ_B‖² + s_A + s_B, s the mean squared distance to the centroid. Merged in rounds of
// all reciprocal nearest neighbours (Sumengen et al., Scaling Hierarchical Agglomerative Clustering to Billion-sized
// Datasets, 2021), the same tree as one by one. O(n d) memory: each cluster keeps a short list of near ones.

import { type Matrices, ndarray } from '@alarena/core';
import { FLOAT64_ERROR, longest, margins, RowSpace } from './space.js';

export interface Merge {
  /** The lowest positions in the two clusters, a < b; the merged cluster goes by a. */
  readonly a: number;
  readonly b: number;
  /** Mean squared distance between their samples. */
  readonly height: number;
}

/** Near clusters each one remembers after a scan of all. */
const NEAR = 8;
/** Fewer clusters than this are scanned for in float64 at once. */
const FEW = 8;
/** Of squared length: twice what rounding two centroids to float32 moves their squared distance by at most. */
const CENTROID_ERROR = 2 ** -20;

/** The n - 1 merges of n samples, ascending by height. */
export function averageLinkage(
  space: RowSpace,
  matrices: Matrices,
  progress: (fraction: number) => void,
): Merge[] {
  const linkage = new Linkage(space, matrices);
  const merges: Merge[] = [];
  while (merges.length < space.size - 1) {
    merges.push(...linkage.round());
    progress(merges.length / (space.size - 1));
  }
  return merges.sort((x, y) => x.height - y.height || x.a - y.a);
}

/** Clusters (by lowest position) after the fewest merges with which those of two or more have this mean size. */
export function cutAtMeanSize(size: number, merges: readonly Merge[], meanSize: number): Int32Array {
  const parents = Int32Array.from({ length: size }, (_, i) => i);
  const sizes = new Int32Array(size).fill(1);
  let [clusters, members] = [0, 0];
  for (const { a, b } of merges) {
    if (clusters > 0 && members / clusters >= meanSize) break;
    const [rootA, rootB] = [rootOf(parents, a), rootOf(parents, b)];
    const [low, high] = [Math.min(rootA, rootB), Math.max(rootA, rootB)];
    for (const root of [low, high]) {
      if ((sizes[root] as number) > 1) clusters--;
      else members++;
    }
    clusters++;
    parents[high] = low;
    sizes[low] = (sizes[low] as number) + (sizes[high] as number);
  }
  return Int32Array.from(parents.keys(), (i) => rootOf(parents, i));
}

function rootOf(parents: Int32Array, i: number): number {
  let root = i;
  while (parents[root] !== root) {
    parents[root] = parents[parents[root] as number] as number;
    root = parents[root] as number;
  }
  return root;
}

interface Near {
  /** Clusters as they were when found: `rootOf` tells what they are now. */
  readonly clusters: readonly number[];
  /** All other clusters are at least so far. */
  readonly beyond: number;
}

class Linkage {
  readonly #width: number;
  readonly #matrices: Matrices;
  readonly #centroids: Float64Array;
  readonly #scatters: Float64Array;
  readonly #sizes: Int32Array;
  readonly #parents: Int32Array;
  readonly #near: (Near | undefined)[];
  readonly #nearest: Int32Array;
  readonly #heights: Float64Array;
  #alive: number[];
  /** Clusters whose nearest has to be found. */
  #open: number[];

  constructor({ data, size, width }: RowSpace, matrices: Matrices) {
    this.#width = width;
    this.#matrices = matrices;
    this.#centroids = Float64Array.from(data);
    this.#scatters = new Float64Array(size);
    this.#sizes = new Int32Array(size).fill(1);
    this.#parents = Int32Array.from({ length: size }, (_, i) => i);
    this.#near = new Array(size).fill(undefined);
    this.#nearest = new Int32Array(size).fill(-1);
    this.#heights = new Float64Array(size);
    this.#alive = [...this.#parents];
    this.#open = [...this.#parents];
  }

  round(): Merge[] {
    this.#findNearest();
    const merges: Merge[] = [];
    const changed = new Set<number>();
    for (const a of this.#alive) {
      const b = this.#nearest[a] as number;
      if (b < a || this.#nearest[b] !== a) continue;
      merges.push({ a, b, height: this.#heights[a] as number });
      this.#merge(a, b);
      changed.add(a);
      changed.add(b);
    }
    this.#alive = this.#alive.filter((cluster) => this.#parents[cluster] === cluster);
    this.#open = this.#alive.filter(
      (cluster) => changed.has(cluster) || changed.has(this.#nearest[cluster] as number),
    );
    return merges;
  }

  #findNearest(): void {
    const unknown = this.#open.filter((cluster) => !this.#fromList(cluster));
    if (unknown.length === 0) return;
    if (unknown.length >= FEW) this.#scan(unknown);
    for (const cluster of unknown) {
      if (unknown.length < FEW || !this.#fromList(cluster)) this.#scanExactly(cluster);
    }
  }

  /** Finds the nearest cluster among those near; false where it may not be one of them. */
  #fromList(cluster: number): boolean {
    const near = this.#near[cluster];
    if (near === undefined) return false;
    const best = new Best(cluster);
    for (const other of this.#roots(near.clusters, cluster)) {
      best.offer(other, this.#distance(cluster, other, best.height));
    }
    // Distances by centroids are off by rounding from the means over pairs that `beyond` is about.
    if (best.cluster < 0 || best.height >= near.beyond * (1 - 1e-9)) return false;
    this.#settle(best);
    return true;
  }

  #settle({ of, cluster, height }: Best): void {
    this.#nearest[of] = cluster;
    this.#heights[of] = height;
  }

  #roots(clusters: readonly number[], except: number): Set<number> {
    const roots = new Set(clusters.map((cluster) => rootOf(this.#parents, cluster)));
    roots.delete(except);
    return roots;
  }

  /** Lists what is near to each of these clusters, by products. */
  #scan(clusters: readonly number[]): void {
    const width = this.#width;
    const alive = this.#alive;
    const rows = new Float32Array(alive.length * width);
    alive.forEach((cluster, row) => {
      rows.set(this.#centroids.subarray(cluster * width, (cluster + 1) * width), row * width);
    });
    const space = new RowSpace(ndarray('float32', [alive.length, width], rows), this.#matrices);
    const rowOf = new Map(alive.map((cluster, row) => [cluster, row]));
    const far = longest(space);
    const margin = margins(space, far);
    const scatters = Float64Array.from(alive, (cluster) => this.#scatters[cluster] as number);
    const block = Math.max(1, Math.floor(2 ** 22 / alive.length));
    for (let start = 0; start < clusters.length; start += block) {
      const some = clusters.slice(start, start + block);
      const products = space.products(some.map((cluster) => rowOf.get(cluster) as number));
      some.forEach((cluster, at) => {
        const row = rowOf.get(cluster) as number;
        const found = new Nearest();
        const own = (space.squaredNorms[row] as number) + (scatters[row] as number);
        for (let other = 0; other < alive.length; other++) {
          if (other === row) continue;
          const sum = own + (space.squaredNorms[other] as number) + (scatters[other] as number);
          found.offer(alive[other] as number, sum - 2 * (products[at * alive.length + other] as number));
        }
        const around = (margin[row] as number) + CENTROID_ERROR * far + FLOAT64_ERROR * Math.abs(found.next);
        this.#near[cluster] = { clusters: found.clusters, beyond: found.next - around };
      });
    }
    space.release();
  }

  #scanExactly(cluster: number): void {
    const best = new Best(cluster);
    const found = new Nearest();
    for (const other of this.#alive) {
      if (other === cluster) continue;
      const height = this.#distance(cluster, other, found.next);
      found.offer(other, height);
      best.offer(other, height);
    }
    this.#near[cluster] = { clusters: found.clusters, beyond: found.next };
    this.#settle(best);
  }

  #merge(a: number, b: number): void {
    const width = this.#width;
    const [countA, countB] = [this.#sizes[a] as number, this.#sizes[b] as number];
    const count = countA + countB;
    const [shareA, shareB] = [countA / count, countB / count];
    const [scatterA, scatterB] = [this.#scatters[a] as number, this.#scatters[b] as number];
    const apart = Math.max(0, (this.#heights[a] as number) - scatterA - scatterB);
    this.#scatters[a] = shareA * scatterA + shareB * scatterB + shareA * shareB * apart;
    for (let at = 0; at < width; at++) {
      this.#centroids[a * width + at] =
        shareA * (this.#centroids[a * width + at] as number) +
        shareB * (this.#centroids[b * width + at] as number);
    }
    this.#sizes[a] = count;
    this.#parents[b] = a;
    const [nearA, nearB] = [this.#near[a], this.#near[b]];
    // Whatever was beyond both lists is as far from both together.
    this.#near[a] = nearA &&
      nearB && {
        clusters: [...this.#roots([...nearA.clusters, ...nearB.clusters], a)],
        beyond: Math.min(nearA.beyond, nearB.beyond),
      };
    this.#near[b] = undefined;
  }

  /** Mean squared distance between two clusters' samples, or some value of at least `bound`. */
  #distance(a: number, b: number, bound: number): number {
    const width = this.#width;
    const centroids = this.#centroids;
    const [from, to] = [a * width, b * width];
    // Symmetric to the bit: a - b and b - a have one square.
    let sum = (this.#scatters[a] as number) + (this.#scatters[b] as number);
    for (let start = 0; start < width && sum <= bound; start += 64) {
      const end = Math.min(start + 64, width);
      let [even, odd] = [0, 0];
      for (let at = start; at < end; at += 2) {
        const p = (centroids[from + at] as number) - (centroids[to + at] as number);
        even += p * p;
        if (at + 1 === end) continue;
        const q = (centroids[from + at + 1] as number) - (centroids[to + at + 1] as number);
        odd += q * q;
      }
      sum += even + odd;
    }
    return sum;
  }
}

/** The nearest of some clusters; of equally near ones the pair with the lower numbers, for a total order of pairs. */
class Best {
  readonly of: number;
  cluster = -1;
  height = Number.POSITIVE_INFINITY;

  constructor(of: number) {
    this.of = of;
  }

  offer(cluster: number, height: number): void {
    if (height > this.height || (height === this.height && !this.#precedes(cluster))) return;
    this.cluster = cluster;
    this.height = height;
  }

  #precedes(cluster: number): boolean {
    const [low, bestLow] = [Math.min(this.of, cluster), Math.min(this.of, this.cluster)];
    return low < bestLow || (low === bestLow && Math.max(this.of, cluster) < Math.max(this.of, this.cluster));
  }
}

/** The nearest few clusters, and how far the next one is. */
class Nearest {
  readonly clusters: number[] = [];
  readonly #heights: number[] = [];
  /** Infinite while there are no more than a few. */
  next = Number.POSITIVE_INFINITY;

  offer(cluster: number, height: number): void {
    if (height >= this.next) return;
    let slot = this.clusters.length;
    while (slot > 0 && (this.#heights[slot - 1] as number) > height) slot--;
    this.clusters.splice(slot, 0, cluster);
    this.#heights.splice(slot, 0, height);
    if (this.clusters.length <= NEAR) return;
    this.clusters.pop();
    this.next = this.#heights.pop() as number;
  }
}
