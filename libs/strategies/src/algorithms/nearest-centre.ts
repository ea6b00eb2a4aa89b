// How far every sample is from the nearest of a growing set of centres: bounds from float32 products for all, the
// float64 distance for those a decision hangs on.

import { FLOAT64_ERROR, type RowSpace, type Space } from './space.js';

/** Rows of another space whose products are made at a time. */
const OUTSIDE_ROWS = 256;

/** The squared distance from sample i to one centre or to the nearest of some, where below `bound`. */
type Distance = (i: number, bound: number) => number;

export class NearestCentre {
  /** lower[i] ≤ min over centres ‖x_i - c‖² ≤ upper[i], infinite while there is no centre; -1 for what is a centre. */
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  readonly #space: Space;
  readonly #centres: Distance[] = [];
  /** Of each sample: how many of the centres `#nearest` takes account of. */
  readonly #seen: Int32Array;
  readonly #nearest: Float64Array;

  constructor(space: Space) {
    this.#space = space;
    this.lower = new Float64Array(space.size).fill(Number.POSITIVE_INFINITY);
    this.upper = this.lower.slice();
    this.#nearest = this.lower.slice();
    this.#seen = new Int32Array(space.size);
  }

  /** Makes a sample a centre. `products` are its inner products with all samples. */
  add(position: number, products: Float32Array): void {
    const space = this.#space;
    this.#centres.push((i, bound) => space.squaredDistance(i, position, bound));
    this.#bound(products, 0, space.error, space.squaredNorms[position] as number);
    this.lower[position] = -1;
    this.upper[position] = -1;
  }

  /** Makes all rows of another space of the same width centres. */
  addOutside(space: RowSpace, outside: RowSpace): void {
    for (let from = 0; from < outside.size; from += OUTSIDE_ROWS) {
      const to = Math.min(from + OUTSIDE_ROWS, outside.size);
      const products = space.productsWith(outside, { from, to });
      for (let row = from; row < to; row++) {
        const offset = (row - from) * space.size;
        this.#bound(products, offset, space.error, outside.squaredNorms[row] as number);
      }
    }
    this.#centres.push((i, bound) => {
      let nearest = bound;
      for (let row = 0; row < outside.size; row++) {
        nearest = Math.min(nearest, space.squaredDistanceTo(outside, i, row, nearest));
      }
      return nearest;
    });
  }

  /** min over centres ‖x_i - c‖² in float64. */
  exact(i: number): number {
    let nearest = this.#nearest[i] as number;
    for (let at = this.#seen[i] as number; at < this.#centres.length && nearest > 0; at++) {
      nearest = Math.min(nearest, (this.#centres[at] as Distance)(i, nearest));
    }
    this.#seen[i] = this.#centres.length;
    this.#nearest[i] = nearest;
    this.lower[i] = nearest;
    this.upper[i] = nearest;
    return nearest;
  }

  #bound(products: Float32Array, offset: number, error: number, squaredNorm: number): void {
    const { lower, upper } = this;
    const { norms, squaredNorms, size } = this.#space;
    const scale = 2 * error * Math.sqrt(squaredNorm);
    for (let i = 0; i < size; i++) {
      const sum = (squaredNorms[i] as number) + squaredNorm;
      const middle = sum - 2 * (products[offset + i] as number);
      const margin = scale * (norms[i] as number) + FLOAT64_ERROR * sum;
      const least = Math.max(0, middle - margin);
      if (middle + margin < (upper[i] as number)) upper[i] = middle + margin;
      if (least < (lower[i] as number)) lower[i] = least;
    }
  }
}
