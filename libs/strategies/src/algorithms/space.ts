// Samples as points of an inner-product space, with distances twice: in float32 for many at once, within a known error,
// and in float64 for one pair, in a fixed order. Algorithms decide by the former only outside of its error, so that
// their results do not depend on who multiplies.

import {
  type HeldMatrix,
  type Matrices,
  type NdArray,
  ndarray,
  productError,
  type RowRange,
} from '@alarena/core';
import { squaredDistance, squaredNorms } from '../vectors.js';

/** What can be said of samples in float64, one pair at a time. */
export interface Points {
  readonly size: number;
  /** ‖x_i‖², float64. */
  readonly squaredNorms: Float64Array;
  /** ‖x_i‖. */
  readonly norms: Float64Array;
  /** ‖x_i - x_j‖² in float64, or some value of at least `bound` where it is no smaller; 0 for copies. */
  squaredDistance(i: number, j: number, bound?: number): number;
}

export interface Space extends Points {
  /** The products below are within `error ‖x_i‖ ‖x_j‖` of the exact ones. */
  readonly error: number;
  /** Inner products of some samples with all: positions x size, row-major. */
  products(positions: readonly number[]): Float32Array;
  release(): void;
}

/** Values one block of products may have: 64 MB. */
export const BLOCK_VALUES = 2 ** 24;

/**
 * Relative to ‖x‖² + ‖y‖²: more than float64 rounding may move norms and distances by, at any width up to 100,000; so
 * that a distance computed in float64 lies within the bounds found in float32.
 */
export const FLOAT64_ERROR = 2 ** -36;

/** Rows of a float32 matrix. */
export class RowSpace implements Space {
  readonly size: number;
  readonly width: number;
  readonly data: Float32Array;
  readonly squaredNorms: Float64Array;
  readonly norms: Float64Array;
  readonly error: number;
  readonly #matrices: Matrices;
  #held: HeldMatrix | undefined;

  constructor(matrix: NdArray<'float32'>, matrices: Matrices) {
    [this.size = 0, this.width = 0] = matrix.shape;
    this.data = matrix.data;
    this.squaredNorms = squaredNorms(matrix.data, this.size, this.width);
    this.norms = this.squaredNorms.map(Math.sqrt);
    this.error = productError(this.width);
    this.#matrices = matrices;
  }

  products(positions: readonly number[]): Float32Array {
    const rows = this.#matrices.hold(gathered(this.data, this.width, positions));
    try {
      return this.#productsOf(rows, { from: 0, to: positions.length });
    } finally {
      rows.release();
    }
  }

  /** Inner products of rows of another space of this width with rows of this one, all unless given. */
  productsWith(other: RowSpace, rows: RowRange, own?: RowRange): Float32Array {
    return this.#productsOf(other.#hold(), rows, own);
  }

  /** Inner products of two ranges of rows. */
  productsBetween(a: RowRange, b: RowRange): Float32Array {
    const held = this.#hold();
    return this.#matrices.products(held, a, held, b);
  }

  squaredDistance(i: number, j: number, bound?: number): number {
    return this.squaredDistanceTo(this, i, j, bound);
  }

  /** ‖x_i - y_j‖², y_j of another space. */
  squaredDistanceTo(other: RowSpace, i: number, j: number, bound?: number): number {
    return squaredDistance(this.data, i * this.width, other.data, j * this.width, this.width, bound);
  }

  release(): void {
    this.#held?.release();
    this.#held = undefined;
  }

  #hold(): HeldMatrix {
    this.#held ??= this.#matrices.hold(ndarray('float32', [this.size, this.width], this.data));
    return this.#held;
  }

  #productsOf(rows: HeldMatrix, range: RowRange, own: RowRange = { from: 0, to: this.size }): Float32Array {
    const count = range.to - range.from;
    const size = own.to - own.from;
    const held = this.#hold();
    const block = Math.max(1, Math.floor(BLOCK_VALUES / Math.max(1, count)));
    if (block >= size) return this.#matrices.products(rows, range, held, own);
    const all = new Float32Array(count * size);
    for (let from = 0; from < size; from += block) {
      const to = Math.min(from + block, size);
      const columns = { from: own.from + from, to: own.from + to };
      const part = this.#matrices.products(rows, range, held, columns);
      for (let row = 0; row < count; row++) {
        all.set(part.subarray(row * (to - from), (row + 1) * (to - from)), row * size + from);
      }
    }
    return all;
  }
}

/** The largest ‖x_i‖². */
export function longest({ squaredNorms }: Space): number {
  let most = 0;
  for (const squared of squaredNorms) most = Math.max(most, squared);
  return most;
}

/** How far ‖x_i‖² + ‖y‖² - 2 x_i·y may be off for any y up to a length, of each sample. */
export function margins(space: Space, squaredLength: number): Float64Array {
  const scale = 2 * space.error * Math.sqrt(squaredLength);
  return space.norms.map(
    (norm, i) => scale * norm + FLOAT64_ERROR * ((space.squaredNorms[i] as number) + squaredLength),
  );
}

function gathered(data: Float32Array, width: number, positions: readonly number[]): NdArray<'float32'> {
  const rows = new Float32Array(positions.length * width);
  positions.forEach((position, row) => {
    rows.set(data.subarray(position * width, (position + 1) * width), row * width);
  });
  return ndarray('float32', [positions.length, width], rows);
}
