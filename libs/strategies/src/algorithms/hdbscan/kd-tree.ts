// Neighbours in few dimensions: a k-d tree over the points, split at the median of the widest axis. Searches skip
// boxes that are too far, whose points are no denser, or that lie within the searching component.

import type { NdArray } from '@alarena/core';
import { squaredDistance } from '../../vectors.js';
import { NearestLists } from './nearest-lists.js';
import type { NeighbourIndex, Round } from './spanning-tree.js';

/** Points in a leaf, at most. */
const LEAF = 12;
/** Takes the rounding of sums over axes from the distance to a box, so that it bounds the computed distances. */
const BELOW = 1 - 2 ** -44;

export class KdTree implements NeighbourIndex {
  readonly size: number;
  readonly points: Int32Array;
  readonly nearest: NearestLists;
  readonly #width: number;
  /** Rows by position. */
  readonly #x: Float32Array;
  // By node, parents before children, the left child next to its parent: positions, right child (0: a leaf), box.
  readonly #from: Int32Array;
  readonly #to: Int32Array;
  readonly #right: Int32Array;
  readonly #low: Float64Array;
  readonly #high: Float64Array;
  #nodes = 0;

  /** `rows`: the row of each point. */
  constructor({ data, shape }: NdArray<'float32'>, rows: Int32Array, neighbours: number) {
    const width = shape[1] ?? 0;
    const size = rows.length;
    this.size = size;
    this.#width = width;
    this.points = Int32Array.from({ length: size }, (_, point) => point);
    // Halves of more than LEAF points hold more than LEAF / 2.
    const most = Math.max(1, 2 * Math.ceil(size / Math.floor(LEAF / 2)));
    this.#from = new Int32Array(most);
    this.#to = new Int32Array(most);
    this.#right = new Int32Array(most);
    this.#low = new Float64Array(most * width);
    this.#high = new Float64Array(most * width);
    this.#split(data, rows, 0, size);
    this.#x = new Float32Array(size * width);
    this.points.forEach((point, at) => {
      const offset = (rows[point] as number) * width;
      this.#x.set(data.subarray(offset, offset + width), at * width);
    });
    this.nearest = new NearestLists(size, neighbours);
    if (this.nearest.length > 0) for (let at = 0; at < size; at++) this.#findNearest(at, 0);
    if (this.nearest.length < size - 1) {
      for (let at = 0; at < size; at++) this.nearest.beyond[at] = this.nearest.last(at);
    }
  }

  release(): void {}

  search(round: Round): void {
    const { component, wanted, cores, best } = round;
    const { beyond } = this.nearest;
    const boxes = this.#summarise(component, cores);
    for (let at = 0; at < this.size; at++) {
      const own = component[at] as number;
      const least = beyond[at] as number;
      if (wanted[own] === 1 && best.admits(own, Math.max(least, cores[at] as number), least)) {
        this.#findOut(at, 0, 0, round, boxes);
      }
    }
  }

  #split(data: Float32Array, rows: Int32Array, from: number, to: number): number {
    const node = this.#nodes++;
    const width = this.#width;
    this.#from[node] = from;
    this.#to[node] = to;
    let widest = 0;
    let extent = -1;
    for (let axis = 0; axis < width; axis++) {
      let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      for (let at = from; at < to; at++) {
        const value = data[(rows[this.points[at] as number] as number) * width + axis] as number;
        if (value < low) low = value;
        if (value > high) high = value;
      }
      this.#low[node * width + axis] = low;
      this.#high[node * width + axis] = high;
      if (high - low > extent) [widest, extent] = [axis, high - low];
    }
    if (to - from <= LEAF) return node;
    const middle = (from + to) >> 1;
    const key = (at: number): number =>
      data[(rows[this.points[at] as number] as number) * width + widest] as number;
    partition(this.points, key, from, to - 1, middle);
    this.#split(data, rows, from, middle);
    this.#right[node] = this.#split(data, rows, middle, to);
    return node;
  }

  /** A lower bound on the squared distance of a point to a node's box. */
  #toBox(at: number, node: number): number {
    const width = this.#width;
    const [x, low, high] = [this.#x, this.#low, this.#high];
    let sum = 0;
    for (let axis = 0; axis < width; axis++) {
      const value = x[at * width + axis] as number;
      const below = (low[node * width + axis] as number) - value;
      const above = value - (high[node * width + axis] as number);
      const out = Math.max(below, above);
      if (out > 0) sum += out * out;
    }
    return sum * BELOW;
  }

  #findNearest(at: number, node: number): void {
    const right = this.#right[node] as number;
    const { nearest } = this;
    if (right !== 0) {
      const [toLeft, toRight] = [this.#toBox(at, node + 1), this.#toBox(at, right)];
      const leftFirst = toLeft <= toRight;
      if ((leftFirst ? toLeft : toRight) < nearest.last(at))
        this.#findNearest(at, leftFirst ? node + 1 : right);
      if ((leftFirst ? toRight : toLeft) < nearest.last(at))
        this.#findNearest(at, leftFirst ? right : node + 1);
      return;
    }
    const width = this.#width;
    const x = this.#x;
    const to = this.#to[node] as number;
    let last = nearest.last(at);
    for (let other = this.#from[node] as number; other < to; other++) {
      if (other === at) continue;
      const squared = squaredDistance(x, at * width, x, other * width, width);
      if (squared >= last) continue;
      nearest.insert(at, other, squared);
      last = nearest.last(at);
    }
  }

  /** Of each node: the component that has all its points (-1: several), and the least core distance. */
  #summarise(component: Int32Array, cores: Float64Array): Boxes {
    const owner = new Int32Array(this.#nodes);
    const core = new Float64Array(this.#nodes);
    for (let node = this.#nodes - 1; node >= 0; node--) {
      const right = this.#right[node] as number;
      if (right !== 0) {
        const left = node + 1;
        owner[node] = owner[left] === owner[right] ? (owner[left] as number) : -1;
        core[node] = Math.min(core[left] as number, core[right] as number);
        continue;
      }
      const [from, to] = [this.#from[node] as number, this.#to[node] as number];
      owner[node] = component[from] as number;
      core[node] = cores[from] as number;
      for (let at = from + 1; at < to; at++) {
        if (component[at] !== owner[node]) owner[node] = -1;
        if ((cores[at] as number) < (core[node] as number)) core[node] = cores[at] as number;
      }
    }
    return { owner, core };
  }

  #findOut(at: number, node: number, distance: number, round: Round, boxes: Boxes): void {
    const { component, cores, best } = round;
    const own = component[at] as number;
    if (boxes.owner[node] === own) return;
    const core = cores[at] as number;
    if (!best.admits(own, Math.max(distance, core, boxes.core[node] as number), distance)) return;
    const right = this.#right[node] as number;
    if (right !== 0) {
      const [toLeft, toRight] = [this.#toBox(at, node + 1), this.#toBox(at, right)];
      if (toLeft <= toRight) {
        this.#findOut(at, node + 1, toLeft, round, boxes);
        this.#findOut(at, right, toRight, round, boxes);
      } else {
        this.#findOut(at, right, toRight, round, boxes);
        this.#findOut(at, node + 1, toLeft, round, boxes);
      }
      return;
    }
    const width = this.#width;
    const x = this.#x;
    const to = this.#to[node] as number;
    for (let other = this.#from[node] as number; other < to; other++) {
      if (component[other] === own) continue;
      const squared = squaredDistance(x, at * width, x, other * width, width);
      best.offer(own, Math.max(squared, core, cores[other] as number), squared, at, other);
    }
  }
}

interface Boxes {
  readonly owner: Int32Array;
  readonly core: Float64Array;
}

/** Moves the lower half before `middle` (quickselect, Hoare's partition). */
function partition(
  points: Int32Array,
  key: (at: number) => number,
  first: number,
  last: number,
  middle: number,
): void {
  let [from, to] = [first, last];
  while (from < to) {
    const pivot = key((from + to) >> 1);
    let [i, j] = [from, to];
    while (i <= j) {
      while (key(i) < pivot) i++;
      while (key(j) > pivot) j--;
      if (i > j) break;
      const held = points[i] as number;
      points[i++] = points[j] as number;
      points[j--] = held;
    }
    if (middle <= j) to = j;
    else if (middle >= i) from = i;
    else return;
  }
}
