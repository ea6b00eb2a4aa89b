// Small dense linear algebra in float64, row-major, with sums in a fixed order.

/** The inverse of a symmetric positive definite n x n matrix, by Cholesky's factors. O(n³). */
export function spdInverse(matrix: Float64Array, n: number): Float64Array {
  const lower = cholesky(matrix, n);
  const inverse = triangularInverse(lower, n);
  // (L Lᵀ)⁻¹ = L⁻ᵀ L⁻¹, row by row of L⁻¹.
  const product = new Float64Array(n * n);
  for (let k = 0; k < n; k++) {
    for (let i = 0; i <= k; i++) {
      const factor = inverse[k * n + i] as number;
      for (let j = 0; j <= i; j++) {
        product[i * n + j] = (product[i * n + j] as number) + factor * (inverse[k * n + j] as number);
      }
    }
  }
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) product[j * n + i] = product[i * n + j] as number;
  return product;
}

function cholesky(matrix: Float64Array, n: number): Float64Array {
  const lower = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * n + j] as number;
      for (let k = 0; k < j; k++) sum -= (lower[i * n + k] as number) * (lower[j * n + k] as number);
      // What rounding may leave of a pivot that should be positive.
      if (i === j) lower[i * n + i] = Math.sqrt(Math.max(sum, Number.EPSILON));
      else lower[i * n + j] = sum / (lower[j * n + j] as number);
    }
  }
  return lower;
}

function triangularInverse(lower: Float64Array, n: number): Float64Array {
  const inverse = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const pivot = lower[i * n + i] as number;
    for (let k = 0; k < i; k++) {
      const factor = lower[i * n + k] as number;
      for (let j = 0; j <= k; j++) {
        inverse[i * n + j] = (inverse[i * n + j] as number) - factor * (inverse[k * n + j] as number);
      }
    }
    for (let j = 0; j < i; j++) inverse[i * n + j] = (inverse[i * n + j] as number) / pivot;
    inverse[i * n + i] = 1 / pivot;
  }
  return inverse;
}

/** a (n x m) times b (m x p). */
export function multiply(a: Float64Array, b: Float64Array, n: number, m: number, p: number): Float64Array {
  const product = new Float64Array(n * p);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < m; k++) {
      const factor = a[i * m + k] as number;
      if (factor === 0) continue;
      for (let j = 0; j < p; j++) {
        product[i * p + j] = (product[i * p + j] as number) + factor * (b[k * p + j] as number);
      }
    }
  }
  return product;
}

/** The transpose of a (n x m). */
export function transposed(a: Float64Array, n: number, m: number): Float64Array {
  const result = new Float64Array(n * m);
  for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) result[j * n + i] = a[i * m + j] as number;
  return result;
}

/** The trace of a times b, both n x n. */
export function traceOfProduct(a: Float64Array, b: Float64Array, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) sum += (a[i * n + j] as number) * (b[j * n + i] as number);
  }
  return sum;
}
