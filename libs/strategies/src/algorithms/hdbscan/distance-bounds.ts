// Lower bounds on squared distances from float32 products: ‖a‖² + ‖b‖² - 2 a·b, less what rounding may have added. Rows
// are centred first, which makes the bound small, and scaled by a power of two, so that no product overflows.

import { type NdArray, productError } from '@alarena/core';
import { squaredDistance, squaredNorms } from '../../vectors.js';

const UNIT_ROUNDOFF = 2 ** -24;
/** The least normal float32: products below it may be flushed to 0. */
const LEAST_NORMAL = 2 ** -126;

export class DistanceBounds {
  readonly size: number;
  readonly width: number;
  /** Centred and scaled rows, by position. */
  readonly rows: Float32Array;
  /** A squared distance is at least factor · (row i · row j - half[i] - half[j]); the factor is negative. */
  readonly half: Float64Array;
  readonly factor: number;
  readonly #data: Float32Array;
  /** Where the row at each position begins in the data. */
  readonly #offset: Float64Array;

  /** `order`: the row of the data at each position. */
  constructor({ data, shape }: NdArray<'float32'>, order: Int32Array) {
    const width = shape[1] ?? 0;
    this.size = order.length;
    this.width = width;
    this.#data = data;
    this.#offset = Float64Array.from(order, (row) => row * width);
    const mean = meanOf(data, order, width);
    const scale = scaleOf(data, order, mean);
    this.rows = new Float32Array(this.size * width);
    for (let at = 0; at < this.size; at++) {
      const offset = this.#offset[at] as number;
      for (let i = 0; i < width; i++) {
        this.rows[at * width + i] = ((data[offset + i] as number) - (mean[i] as number)) * scale;
      }
    }
    // The product is off by at most γ ‖a‖ ‖b‖ ≤ γ (‖a‖² + ‖b‖²) / 2, and rounding the centred values to float32 moves a
    // distance by at most u (‖a‖ + ‖b‖), a squared one by at most 4 u (‖a‖² + ‖b‖²). The fifth u is for float64.
    const error = productError(width) + 5 * UNIT_ROUNDOFF;
    const flushed = 2 * width * LEAST_NORMAL;
    this.half = squaredNorms(this.rows, this.size, width).map(
      (squared) => (squared * (1 - error) - flushed) / 2,
    );
    this.factor = -2 / scale ** 2;
  }

  /** The squared distance in float64, or a lower bound of at least `limit` where it is no smaller. */
  exact(a: number, b: number, limit = Number.POSITIVE_INFINITY): number {
    const data = this.#data;
    return squaredDistance(
      data,
      this.#offset[a] as number,
      data,
      this.#offset[b] as number,
      this.width,
      limit,
    );
  }
}

function meanOf(data: Float32Array, order: Int32Array, width: number): Float64Array {
  const mean = new Float64Array(width);
  for (const row of order) {
    const offset = row * width;
    for (let i = 0; i < width; i++) mean[i] = (mean[i] as number) + (data[offset + i] as number);
  }
  return mean.map((sum) => sum / order.length);
}

/** The power of two that brings the largest centred value into [0.5, 1). */
function scaleOf(data: Float32Array, order: Int32Array, mean: Float64Array): number {
  const width = mean.length;
  let most = 0;
  for (const row of order) {
    const offset = row * width;
    for (let i = 0; i < width; i++) {
      const extent = Math.abs((data[offset + i] as number) - (mean[i] as number));
      if (extent > most) most = extent;
    }
  }
  return most === 0 ? 1 : 2 ** -Math.ceil(Math.log2(most) + 2 ** -20);
}
