// Inner products and distances between rows of row-major float32 matrices, accumulated in float64. The order of
// additions is fixed, so a row gives the same bits wherever it stands, and equal rows are exactly 0 apart.

import type { NdArray } from '@alarena/core';

type Matrix = NdArray<'float32'>;

/** Values between two looks at the bound of `squaredDistance`; a multiple of 4. */
const CHUNK = 64;

// Four running sums each: one alone would wait for its own last addition, at half the speed.

/** x_i · y_j. */
export function dot(
  x: Float32Array,
  xOffset: number,
  y: Float32Array,
  yOffset: number,
  width: number,
): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = width - (width % 4);
  for (let i = 0; i < whole; i += 4) {
    a += (x[xOffset + i] as number) * (y[yOffset + i] as number);
    b += (x[xOffset + i + 1] as number) * (y[yOffset + i + 1] as number);
    c += (x[xOffset + i + 2] as number) * (y[yOffset + i + 2] as number);
    d += (x[xOffset + i + 3] as number) * (y[yOffset + i + 3] as number);
  }
  for (let i = whole; i < width; i++) a += (x[xOffset + i] as number) * (y[yOffset + i] as number);
  return a + b + (c + d);
}

/**
 * ‖x_i - y_j‖², or some value of at least `bound` as soon as it is known to be no smaller: partial sums only
 * grow, so a minimum over many rows comes out the same, often for a fraction of the work.
 */
function squaredDistance(
  x: Float32Array,
  xOffset: number,
  y: Float32Array,
  yOffset: number,
  width: number,
  bound: number,
): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = width - (width % 4);
  for (let start = 0; start < whole && a + b + (c + d) < bound; start += CHUNK) {
    const end = Math.min(start + CHUNK, whole);
    for (let i = start; i < end; i += 4) {
      const p = (x[xOffset + i] as number) - (y[yOffset + i] as number);
      const q = (x[xOffset + i + 1] as number) - (y[yOffset + i + 1] as number);
      const r = (x[xOffset + i + 2] as number) - (y[yOffset + i + 2] as number);
      const s = (x[xOffset + i + 3] as number) - (y[yOffset + i + 3] as number);
      a += p * p;
      b += q * q;
      c += r * r;
      d += s * s;
    }
  }
  for (let i = whole; i < width; i++) a += ((x[xOffset + i] as number) - (y[yOffset + i] as number)) ** 2;
  return a + b + (c + d);
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
