// Inner products and distances between rows of row-major float32 matrices, accumulated in float64. The order of
// additions is fixed, so a row gives the same bits wherever it stands, and equal rows are exactly 0 apart.

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
export function squaredDistance(
  x: Float32Array,
  xOffset: number,
  y: Float32Array,
  yOffset: number,
  width: number,
  bound = Number.POSITIVE_INFINITY,
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

/** ‖x_i‖² of every row: the same bits as `dot` of the row with itself, for half the reads. */
export function squaredNorms(x: Float32Array, rows: number, width: number): Float64Array {
  const norms = new Float64Array(rows);
  const whole = width - (width % 4);
  for (let row = 0; row < rows; row++) {
    let [a, b, c, d] = [0, 0, 0, 0];
    const start = row * width;
    for (let i = start; i < start + whole; i += 4) {
      const p = x[i] as number;
      const q = x[i + 1] as number;
      const r = x[i + 2] as number;
      const s = x[i + 3] as number;
      a += p * p;
      b += q * q;
      c += r * r;
      d += s * s;
    }
    for (let i = start + whole; i < start + width; i++) a += (x[i] as number) * (x[i] as number);
    norms[row] = a + b + (c + d);
  }
  return norms;
}
