// How much a sample lowers tr(M⁻¹ F) when its Fisher information V Vᵀ is added to M (or taken out): low-rank updates by
// Woodbury's identity, for all samples at once. A sample's V = L ⊗ h has a factor L (q x r) and features h (d), so that
// M and F are qd x qd, and only Vᵀ M⁻¹ V and Vᵀ M⁻¹ F M⁻¹ V (r x r) are kept of each. Where the information is many orders
// of magnitude above the ridge, updates take nearly equal numbers from each other: when gains have fallen far, all is
// made anew from M (`refresh`).

import { multiply, spdInverse, traceOfProduct, transposed } from './dense.js';

/** Samples: h is n x d, their factors n x q x r. */
export interface FisherSamples {
  readonly size: number;
  readonly h: Float32Array;
  readonly factors: Float64Array;
}

export interface FisherShape {
  readonly d: number;
  readonly q: number;
  readonly r: number;
}

/** Σ V Vᵀ over samples: one block of d x d for each pair of rows of L, which are symmetric. */
export function information({ size, h, factors }: FisherSamples, { d, q, r }: FisherShape): Float64Array {
  const n = q * d;
  const sum = new Float64Array(n * n);
  const triangle = new Float64Array(d * d);
  for (let a = 0; a < q; a++) {
    for (let b = a; b < q; b++) {
      triangle.fill(0);
      for (let sample = 0; sample < size; sample++) {
        let weight = 0;
        for (let k = 0; k < r; k++) {
          const at = sample * q * r + k;
          weight += (factors[at + a * r] as number) * (factors[at + b * r] as number);
        }
        if (weight === 0) continue;
        for (let i = 0; i < d; i++) {
          const scaled = weight * (h[sample * d + i] as number);
          if (scaled === 0) continue;
          for (let j = i; j < d; j++) {
            triangle[i * d + j] = (triangle[i * d + j] as number) + scaled * (h[sample * d + j] as number);
          }
        }
      }
      for (let i = 0; i < d; i++) {
        for (let j = 0; j < d; j++) {
          const value = triangle[Math.min(i, j) * d + Math.max(i, j)] as number;
          sum[(a * d + i) * n + b * d + j] = value;
          sum[(b * d + j) * n + a * d + i] = value;
        }
      }
    }
  }
  return sum;
}

export class FisherPart {
  readonly #shape: FisherShape;
  readonly #samples: FisherSamples;
  readonly #fisher: Float64Array;
  readonly #ridge: number;
  readonly #known: Float64Array | undefined;
  /** M⁻¹ and M⁻¹ F M⁻¹. */
  #inverse: Float64Array = new Float64Array(0);
  #weighted: Float64Array = new Float64Array(0);
  /** Vᵀ M⁻¹ V and Vᵀ M⁻¹ F M⁻¹ V of each sample. */
  #spread: Float64Array[] = [];
  #value: Float64Array[] = [];

  /** Without `known` M is `ridge` times the identity; else their information is added to it. */
  constructor(
    samples: FisherSamples,
    shape: FisherShape,
    fisher: Float64Array,
    ridge: number,
    known: Float64Array | undefined,
  ) {
    this.#samples = samples;
    this.#shape = shape;
    this.#fisher = fisher;
    this.#ridge = ridge;
    this.#known = known;
    this.refresh([]);
  }

  /** Makes all anew from M, to which `added` samples were added. O(n³ + N n²), n = q d. */
  refresh(added: readonly number[]): void {
    const [shape, ridge] = [this.#shape, this.#ridge];
    const n = shape.q * shape.d;
    if (this.#known === undefined && added.length === 0) {
      this.#inverse = new Float64Array(n * n);
      for (let i = 0; i < n; i++) this.#inverse[i * n + i] = 1 / ridge;
      this.#weighted = this.#fisher.map((value) => value / ridge ** 2);
    } else {
      const matrix = information(this.#only(added), shape);
      this.#known?.forEach((value, at) => {
        matrix[at] = (matrix[at] as number) + value;
      });
      for (let i = 0; i < n; i++) matrix[i * n + i] = (matrix[i * n + i] as number) + ridge;
      this.#inverse = spdInverse(matrix, n);
      const half = multiply(this.#inverse, this.#fisher, n, n, n);
      this.#weighted = multiply(half, this.#inverse, n, n, n);
    }
    this.#spread = quadratic(this.#inverse, this.#samples, shape);
    this.#value = quadratic(this.#weighted, this.#samples, shape);
  }

  #only(samples: readonly number[]): FisherSamples {
    const { d, q, r } = this.#shape;
    const h = new Float32Array(samples.length * d);
    const factors = new Float64Array(samples.length * q * r);
    samples.forEach((sample, row) => {
      h.set(this.#samples.h.subarray(sample * d, (sample + 1) * d), row * d);
      factors.set(this.#samples.factors.subarray(sample * q * r, (sample + 1) * q * r), row * q * r);
    });
    return { size: samples.length, h, factors };
  }

  /** By how much tr(M⁻¹ F) falls when the sample is added. */
  gain(sample: number): number {
    return traceOfProduct(this.#valueOf(sample), this.#inner(sample, 1), this.#shape.r);
  }

  /** By how much it rises when the sample, added before, is taken out. */
  loss(sample: number): number {
    return -traceOfProduct(this.#valueOf(sample), this.#inner(sample, -1), this.#shape.r);
  }

  /** Adds a sample to M (sign 1) or takes it out (-1); what is kept of `others` follows, of those only. */
  update(sample: number, sign: 1 | -1, others: Iterable<number>): void {
    const { d, q, r } = this.#shape;
    const n = q * d;
    const inner = this.#inner(sample, sign);
    const value = this.#valueOf(sample).slice();
    const u = this.#times(this.#inverse, sample);
    const z = this.#times(this.#weighted, sample);
    const middle = multiply(multiply(inner, value, r, r, r), inner, r, r, r);
    for (const other of others) {
      const [x, y] = [this.#against(other, u), this.#against(other, z)];
      downdate(this.#spreadOf(other), this.#valueOf(other), x, y, inner, middle, r, r);
    }
    downdate(this.#inverse, this.#weighted, u, z, inner, middle, n, r);
  }

  /** (±I + Vᵀ M⁻¹ V)⁻¹. */
  #inner(sample: number, sign: 1 | -1): Float64Array {
    const { r } = this.#shape;
    const matrix = this.#spreadOf(sample).map((value) => sign * value);
    for (let i = 0; i < r; i++) matrix[i * r + i] = (matrix[i * r + i] as number) + 1;
    const inverse = spdInverse(matrix, r);
    return sign === 1 ? inverse : inverse.map((value) => -value);
  }

  /** A (n x n) times V of a sample: n x r. */
  #times(matrix: Float64Array, sample: number): Float64Array {
    const { d, q, r } = this.#shape;
    const n = q * d;
    const { h, factors } = this.#samples;
    const product = new Float64Array(n * r);
    for (let row = 0; row < n; row++) {
      for (let a = 0; a < q; a++) {
        let sum = 0;
        const [at, from] = [row * n + a * d, sample * d];
        for (let i = 0; i < d; i++) sum += (matrix[at + i] as number) * (h[from + i] as number);
        for (let k = 0; k < r; k++) {
          const factor = factors[(sample * q + a) * r + k] as number;
          product[row * r + k] = (product[row * r + k] as number) + factor * sum;
        }
      }
    }
    return product;
  }

  /** Vᵀ of a sample times an n x r matrix: r x r. */
  #against(sample: number, matrix: Float64Array): Float64Array {
    const { d, q, r } = this.#shape;
    const { h, factors } = this.#samples;
    const sums = new Float64Array(q * r);
    for (let a = 0; a < q; a++) {
      for (let i = 0; i < d; i++) {
        const feature = h[sample * d + i] as number;
        if (feature === 0) continue;
        const from = (a * d + i) * r;
        for (let k = 0; k < r; k++) {
          sums[a * r + k] = (sums[a * r + k] as number) + feature * (matrix[from + k] as number);
        }
      }
    }
    const factor = factors.subarray(sample * q * r, (sample + 1) * q * r);
    return multiply(transposed(factor, q, r), sums, r, q, r);
  }

  #spreadOf(sample: number): Float64Array {
    return this.#spread[sample] as Float64Array;
  }

  #valueOf(sample: number): Float64Array {
    return this.#value[sample] as Float64Array;
  }
}

/** spread -= x S xᵀ and value -= x S yᵀ + y S xᵀ - x (S B S) xᵀ, x and y of `rows` x r, in place. */
function downdate(
  spread: Float64Array,
  value: Float64Array,
  x: Float64Array,
  y: Float64Array,
  inner: Float64Array,
  middle: Float64Array,
  rows: number,
  r: number,
): void {
  const xs = multiply(x, inner, rows, r, r);
  const xm = multiply(x, middle, rows, r, r);
  const ys = multiply(y, inner, rows, r, r);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < rows; j++) {
      let [less, change] = [0, 0];
      for (let k = 0; k < r; k++) {
        const [xj, yj] = [x[j * r + k] as number, y[j * r + k] as number];
        less += (xs[i * r + k] as number) * xj;
        change +=
          ((xm[i * r + k] as number) - (ys[i * r + k] as number)) * xj - (xs[i * r + k] as number) * yj;
      }
      spread[i * rows + j] = (spread[i * rows + j] as number) - less;
      value[i * rows + j] = (value[i * rows + j] as number) + change;
    }
  }
}

/** Vᵀ A V of every sample, A (n x n) symmetric. O(N n² / 4). */
function quadratic(
  matrix: Float64Array,
  { size, h, factors }: FisherSamples,
  { d, q, r }: FisherShape,
): Float64Array[] {
  const n = q * d;
  // hᵀ A_ab h of each pair of blocks, for which the upper triangle of A_ab + A_abᵀ is enough.
  const forms = Array.from({ length: size }, () => new Float64Array(q * q));
  const triangle = new Float64Array(d * d);
  for (let a = 0; a < q; a++) {
    for (let b = a; b < q; b++) {
      for (let i = 0; i < d; i++) {
        for (let j = i; j < d; j++) {
          const upper = matrix[(a * d + i) * n + b * d + j] as number;
          const lower = matrix[(a * d + j) * n + b * d + i] as number;
          triangle[i * d + j] = i === j ? upper : upper + lower;
        }
      }
      for (let sample = 0; sample < size; sample++) {
        const form = formOf(triangle, h, sample * d, d);
        const all = forms[sample] as Float64Array;
        all[a * q + b] = form;
        all[b * q + a] = form;
      }
    }
  }
  return forms.map((form, sample) => {
    const factor = factors.subarray(sample * q * r, (sample + 1) * q * r);
    return multiply(transposed(factor, q, r), multiply(form, factor, q, q, r), r, q, r);
  });
}

function formOf(triangle: Float64Array, h: Float32Array, from: number, d: number): number {
  let form = 0;
  for (let i = 0; i < d; i++) {
    const feature = h[from + i] as number;
    if (feature === 0) continue;
    let sum = 0;
    for (let j = i; j < d; j++) sum += (triangle[i * d + j] as number) * (h[from + j] as number);
    form += feature * sum;
  }
  return form;
}
