// Scores of one row of class probabilities, in float64 whatever the array holds, finite for p = 0 and p = 1.

import type { NdArray } from '@alarena/core';

type Row = Float32Array | Float64Array;

/** The two highest of the `classes` probabilities from `offset`, the highest first. */
export function topTwo(data: Row, offset: number, classes: number): readonly [number, number] {
  let first = -1;
  let second = -1;
  for (let at = offset; at < offset + classes; at++) {
    const p = data[at] as number;
    if (p > first) {
      second = first;
      first = p;
    } else if (p > second) second = p;
  }
  return [first, second];
}

/** Shannon entropy in nats, 0 log 0 = 0. */
export function entropyOf(data: Row, offset: number, classes: number): number {
  let sum = 0;
  for (let at = offset; at < offset + classes; at++) {
    const p = data[at] as number;
    if (p > 0) sum -= p * Math.log(p);
  }
  return sum;
}

/** One score per row of `probabilities` (N x C). */
export function scoreRows(
  probabilities: NdArray<'float32'>,
  score: (data: Float32Array, offset: number, classes: number) => number,
): Float64Array {
  const [rows = 0, classes = 0] = probabilities.shape;
  const scores = new Float64Array(rows);
  for (let row = 0; row < rows; row++) scores[row] = score(probabilities.data, row * classes, classes);
  return scores;
}

export interface MonteCarloEntropy {
  /** H(q̄) per sample: entropy of the mean over passes. */
  readonly ofMean: Float64Array;
  /** mean_t H(q_t) per sample. */
  readonly meanOf: Float64Array;
}

/** Both entropies of Monte-Carlo probabilities (T x N x C), the mean over passes taken in float64. */
export function monteCarloEntropy(passes: NdArray<'float32'>): MonteCarloEntropy {
  const [count = 0, rows = 0, classes = 0] = passes.shape;
  const ofMean = new Float64Array(rows);
  const meanOf = new Float64Array(rows);
  const mean = new Float64Array(classes);
  for (let row = 0; row < rows; row++) {
    mean.fill(0);
    let sum = 0;
    for (let pass = 0; pass < count; pass++) {
      const offset = (pass * rows + row) * classes;
      for (let c = 0; c < classes; c++) {
        mean[c] = (mean[c] as number) + (passes.data[offset + c] as number) / count;
      }
      sum += entropyOf(passes.data, offset, classes);
    }
    ofMean[row] = entropyOf(mean, 0, classes);
    meanOf[row] = sum / count;
  }
  return { ofMean, meanOf };
}
