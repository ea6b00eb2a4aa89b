// Inner products and distances between rows of row-major float32 matrices, accumulated in float64. The order of
// additions is fixed, so a row gives the same bits wherever it stands, and equal rows are exactly 0 apart.

import type { NdArray } from '@alarena/core';

type Matrix = NdArray<'float32'>;

/** Values between two looks at the bound of `squaredDistance`. */
const CHUNK = 64;

/** x_i · y_j. */
export function dot(
  x: Float32Array,
  xOffset: number,
  y: Float32Array,
  yOffset: number,
  width: number,
): number {
  let sum = 0;
  for (let i = 0; i < width; i++) sum += (x[xOffset + i] as number) * (y[yOffset + i] as number);
  return sum;
}

/**
 * ‖x_i - y_j‖², or some value of at least `bound` as soon as it is known to be no smaller: partial sums only
 * grow, so a minimum over many rows comes out the same, for a fraction of the work.
 */
function squaredDistance(
  x: Float32Array,
  xOffset: number,
  y: Float32Array,
  yOffset: number,
  width: number,
  bound: number,
): number {
  let sum = 0;
  for (let start = 0; start < width && sum < bound; start += CHUNK) {
    const end = Math.min(start + CHUNK, width);
    for (let i = start; i < end; i++) {
      const difference = (x[xOffset + i] as number) - (y[yOffset + i] as number);
      sum += difference * difference;
    }
  }
  return sum;
}

/** Lowers `nearest[i]` to ‖x_i - y_j‖² where that is smaller, for one row j of `y`. O(N width). */
export function lowerToCentre(nearest: Float64Array, x: Matrix, y: Matrix, centre: number): void {
  lowerToCentres(nearest, x, y, centre, centre + 1);
}

/** Rows of `y` per block: with 512 values a row, 128 kB that stay in the cache while `x` passes by. */
const BLOCK = 64;

/** As `lowerToCentre` for every row of `y`, in blocks. O(N L width). */
export function lowerToAll(nearest: Float64Array, x: Matrix, y: Matrix): void {
  const rows = y.shape[0] ?? 0;
  for (let start = 0; start < rows; start += BLOCK) {
    lowerToCentres(nearest, x, y, start, Math.min(start + BLOCK, rows));
  }
}

function lowerToCentres(nearest: Float64Array, x: Matrix, y: Matrix, start: number, end: number): void {
  const width = x.shape[1] ?? 0;
  for (let row = 0; row < nearest.length; row++) {
    let best = nearest[row] as number;
    for (let centre = start; centre < end; centre++) {
      const squared = squaredDistance(x.data, row * width, y.data, centre * width, width, best);
      if (squared < best) best = squared;
    }
    nearest[row] = best;
  }
}
