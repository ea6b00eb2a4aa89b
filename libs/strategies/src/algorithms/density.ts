// The sample with the least mean distance to its nearest neighbours within a group: bounds from float32 products, float64
// for those that may be the one. O(n² d) for a group of n, in blocks. A group is a range of rows, some of them left out.

import { BLOCK_VALUES, longest, margins, type RowSpace } from './space.js';

export interface Dense {
  /** Row of the space. */
  readonly row: number;
  /** Mean Euclidean distance to the nearest others of the group, float64. */
  readonly meanDistance: number;
}

/** Groups up to this are done in float64 at once: asking for products would take longer. */
const SMALL = 24;

/** `rows`: the group, ascending, more of them than `neighbours` (at least 1). Ties go to the lower row. */
export function densest(space: RowSpace, rows: Int32Array, neighbours: number): Dense {
  const { lower, upper } =
    rows.length <= SMALL ? anyMeanDistance(rows.length) : meanDistanceBounds(space, rows, neighbours);
  let reached = Number.POSITIVE_INFINITY;
  for (const bound of upper) reached = Math.min(reached, bound);
  let best: Dense = { row: -1, meanDistance: Number.POSITIVE_INFINITY };
  lower.forEach((bound, at) => {
    if (bound > reached || bound >= best.meanDistance) return;
    const row = rows[at] as number;
    const meanDistance = exactMeanDistance(space, row, rows, neighbours);
    if (meanDistance < best.meanDistance) best = { row, meanDistance };
  });
  return best;
}

interface Bounds {
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

function anyMeanDistance(count: number): Bounds {
  return {
    lower: new Float64Array(count),
    upper: new Float64Array(count).fill(Number.POSITIVE_INFINITY),
  };
}

function exactMeanDistance(space: RowSpace, row: number, rows: Int32Array, neighbours: number): number {
  const nearest = new Smallest(neighbours);
  for (const other of rows) {
    if (other !== row) nearest.offer(space.squaredDistance(row, other, nearest.bound));
  }
  return nearest.mean(Math.sqrt);
}

function meanDistanceBounds(space: RowSpace, rows: Int32Array, neighbours: number): Bounds {
  const { squaredNorms } = space;
  const [first, last] = [rows[0] as number, rows[rows.length - 1] as number];
  const columns = last + 1 - first;
  const margin = margins(space, longest(space));
  const lower = new Float64Array(rows.length);
  const upper = new Float64Array(rows.length);
  const block = Math.max(1, Math.floor(BLOCK_VALUES / 4 / columns));
  for (let start = 0; start < rows.length; start += block) {
    const some = rows.subarray(start, start + block);
    const from = some[0] as number;
    const range = { from, to: (some[some.length - 1] as number) + 1 };
    const products = space.productsBetween(range, { from: first, to: last + 1 });
    some.forEach((i, at) => {
      const nearest = new Smallest(neighbours);
      const offset = (i - from) * columns - first;
      for (const j of rows) {
        if (j === i) continue;
        const sum = (squaredNorms[i] as number) + (squaredNorms[j] as number);
        nearest.offer(sum - 2 * (products[offset + j] as number));
      }
      // All values are off by no more than the margin, so are the smallest ones in their order.
      const around = margin[i] as number;
      lower[start + at] = nearest.mean((squared) => Math.sqrt(Math.max(0, squared - around))) * (1 - 1e-12);
      upper[start + at] = nearest.mean((squared) => Math.sqrt(Math.max(0, squared + around))) * (1 + 1e-12);
    });
  }
  return { lower, upper };
}

/** The smallest of the values offered, ascending: their mean does not depend on the order in which they came. */
class Smallest {
  readonly #values: Float64Array;

  constructor(count: number) {
    this.#values = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  }

  /** The largest of them; what is no smaller does not matter. */
  get bound(): number {
    return this.#values[this.#values.length - 1] as number;
  }

  offer(value: number): void {
    const values = this.#values;
    if (value >= this.bound) return;
    let slot = values.length - 1;
    while (slot > 0 && (values[slot - 1] as number) > value) {
      values[slot] = values[slot - 1] as number;
      slot--;
    }
    values[slot] = value;
  }

  mean(of: (value: number) => number): number {
    let sum = 0;
    for (const value of this.#values) sum += of(value);
    return sum / this.#values.length;
  }
}
