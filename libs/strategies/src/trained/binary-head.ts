// A small head that tells two classes apart from frozen activations x (width d): batch norm, ReLU, dropout, linear.
// Softmax over two outputs depends on their difference alone, so there is one output: the logit of the class 1.
//
//   y_j = γ_j (x_j - mean_j) / √(variance_j + ε) + β_j,   logit = b + Σ_j v_j max(0, y_j) keep_j / (1 - dropout)
//
// In training mean and variance are those of the mini-batch. In inference they are those of the whole training part:
// x is frozen, so that is what running averages would tend to, without what they remember of their start.

import type { Random } from '@alarena/core';
import { logistic, softplus } from '../algorithms/logistic.js';
import { type ColumnMoments, columnMoments } from './column-moments.js';

/** Added to variances, as PyTorch and Keras do (1e-5 and 1e-3): columns without any variance do no harm. */
const EPSILON = 1e-5;

/** γ, β and v, d each, and b. */
export type HeadWeights = Float64Array;

/** Rows of a row-major matrix, and which class each is of. */
export interface Batch {
  readonly data: Float32Array;
  /** Rows of `data`, in the order in which sums go. */
  readonly rows: Int32Array;
  /** Of each row of `data`: 1 for the class whose logit the head gives, or 0. */
  readonly targets: Uint8Array;
  /** What the loss of a row of each class counts. */
  readonly classWeights: readonly [number, number];
  /** Of each of `rows` and each unit: 1 to keep it, 0 to drop it. All are kept where left out. */
  readonly keep?: Uint8Array;
  /** The share that is dropped. */
  readonly dropout: number;
}

/** Batch norm that changes nothing yet; v and b uniform in ±1/√d, as PyTorch draws a linear layer. */
export function initialWeights(width: number, random: Random): HeadWeights {
  const weights = new Float64Array(3 * width + 1).fill(1, 0, width);
  const reach = 1 / Math.sqrt(width);
  for (let at = 2 * width; at < weights.length; at++) weights[at] = reach * (2 * random.uniform() - 1);
  return weights;
}

/** The loss of mini-batches and its gradient; holds what is needed while it computes. */
export class BatchLoss {
  readonly #width: number;
  /** Of each row of the batch and each unit: the normalised activation, and what y counts, 0 where it does not. */
  readonly #normalised: Float64Array;
  readonly #counts: Float64Array;

  constructor(width: number, mostRows: number) {
    this.#width = width;
    this.#normalised = new Float64Array(mostRows * width);
    this.#counts = new Float64Array(mostRows * width);
  }

  /** The mean loss of the batch, in nats; its gradient goes into `gradient`. */
  of(weights: HeadWeights, batch: Batch, gradient: Float64Array): number {
    const { data, rows, targets, classWeights } = batch;
    const width = this.#width;
    const { mean, inverse } = normaliserOf(columnMoments(data, width, rows));
    let loss = 0;
    gradient.fill(0);
    for (let at = 0; at < rows.length; at++) {
      const row = rows[at] as number;
      const logit = this.#forward(weights, batch, at, mean, inverse);
      const target = targets[row] as 0 | 1;
      const counts = classWeights[target] / rows.length;
      loss += counts * softplus(target === 1 ? -logit : logit);
      this.#backward(weights, at, counts * (logistic(logit) - target), gradient);
    }
    return loss;
  }

  #forward(
    weights: HeadWeights,
    { data, rows, keep, dropout }: Batch,
    at: number,
    mean: Float64Array,
    inverse: Float64Array,
  ): number {
    const width = this.#width;
    const [from, to] = [(rows[at] as number) * width, at * width];
    const kept = 1 / (1 - dropout);
    let logit = weights[3 * width] as number;
    for (let j = 0; j < width; j++) {
      const x = ((data[from + j] as number) - (mean[j] as number)) * (inverse[j] as number);
      const y = (weights[j] as number) * x + (weights[width + j] as number);
      const counts = y > 0 && (keep === undefined || keep[to + j] === 1) ? kept : 0;
      this.#normalised[to + j] = x;
      this.#counts[to + j] = counts;
      if (counts > 0) logit += (weights[2 * width + j] as number) * y * counts;
    }
    return logit;
  }

  /** `slope`: the derivative of the loss by the logit of the batch's row `at`. */
  #backward(weights: HeadWeights, at: number, slope: number, gradient: Float64Array): void {
    const width = this.#width;
    for (let j = 0, from = at * width; j < width; j++, from++) {
      const counts = this.#counts[from] as number;
      if (counts === 0) continue;
      const x = this.#normalised[from] as number;
      const y = (weights[j] as number) * x + (weights[width + j] as number);
      const byY = slope * counts * (weights[2 * width + j] as number);
      gradient[j] = (gradient[j] as number) + byY * x;
      gradient[width + j] = (gradient[width + j] as number) + byY;
      gradient[2 * width + j] = (gradient[2 * width + j] as number) + slope * counts * y;
    }
    gradient[3 * width] = (gradient[3 * width] as number) + slope;
  }
}

/** Logits of these rows, nothing dropped, normalised by moments of the training part. */
export function logitsOf(
  weights: HeadWeights,
  moments: ColumnMoments,
  data: Float32Array,
  rows: Int32Array,
): Float64Array {
  const { mean, inverse } = normaliserOf(moments);
  const width = mean.length;
  const scale = mean.map((_, j) => (weights[j] as number) * (inverse[j] as number));
  const shift = mean.map((value, j) => (weights[width + j] as number) - value * (scale[j] as number));
  // y + |y| is twice max(0, y) to the last bit, without a branch that no processor could foresee.
  const halved = weights.subarray(2 * width, 3 * width).map((v) => v / 2);
  const bias = weights[3 * width] as number;
  const logits = new Float64Array(rows.length);
  // Four rows at a time share the reads of weights; each row's own sum goes by j, so that its bits are the same wherever
  // it stands. Past the end the last row is computed again.
  const fromOf = (at: number): number => (rows[Math.min(at, rows.length - 1)] as number) * width;
  for (let at = 0; at < rows.length; at += 4) {
    const [p, q, r, s] = [fromOf(at), fromOf(at + 1), fromOf(at + 2), fromOf(at + 3)];
    let [ofP, ofQ, ofR, ofS] = [bias, bias, bias, bias];
    for (let j = 0; j < width; j++) {
      const a = scale[j] as number;
      const c = shift[j] as number;
      const half = halved[j] as number;
      const yP = a * (data[p + j] as number) + c;
      const yQ = a * (data[q + j] as number) + c;
      const yR = a * (data[r + j] as number) + c;
      const yS = a * (data[s + j] as number) + c;
      ofP += half * (yP + Math.abs(yP));
      ofQ += half * (yQ + Math.abs(yQ));
      ofR += half * (yR + Math.abs(yR));
      ofS += half * (yS + Math.abs(yS));
    }
    logits.set([ofP, ofQ, ofR, ofS].slice(0, rows.length - at), at);
  }
  return logits;
}

function normaliserOf({ mean, variance }: ColumnMoments): { mean: Float64Array; inverse: Float64Array } {
  return { mean, inverse: variance.map((value) => 1 / Math.sqrt(value + EPSILON)) };
}
