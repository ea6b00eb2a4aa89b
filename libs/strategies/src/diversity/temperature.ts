// Temperature scaling (Guo et al., On Calibration of Modern Neural Networks, 2017): p^β / Σ p^β, with the inverse
// temperature β that makes known labels most likely. The logits are not needed: log p differs from them by a constant.

import type { NdArray } from '@alarena/core';

/** β is sought between the inverse of this and this. */
const EXTREME = 20;
const STEPS = 60;
/** Stands for a probability of 0. */
const LEAST = 1e-30;

/** β of the least mean -log p_label over rows of probabilities (n x C). */
export function calibration({ shape, data }: NdArray<'float32'>, labels: Int32Array): number {
  const classes = shape[1] ?? 0;
  // The loss is convex in β: its slope is Σ (expected log p under p^β - log p_label).
  const slope = (beta: number): number => {
    let sum = 0;
    labels.forEach((label, row) => {
      const weights = tempered(data, row * classes, classes, beta);
      weights.forEach((weight, c) => {
        sum += (weight - Number(c === label)) * logOf(data[row * classes + c] as number);
      });
    });
    return sum;
  };
  let [low, high] = [-Math.log(EXTREME), Math.log(EXTREME)];
  for (let step = 0; step < STEPS; step++) {
    const middle = (low + high) / 2;
    if (slope(Math.exp(middle)) < 0) low = middle;
    else high = middle;
  }
  return Math.exp((low + high) / 2);
}

/** p^β / Σ p^β of one row. */
export function tempered(data: Float32Array, offset: number, classes: number, beta: number): Float64Array {
  const weights = new Float64Array(classes);
  let highest = Number.NEGATIVE_INFINITY;
  for (let c = 0; c < classes; c++) {
    weights[c] = beta * logOf(data[offset + c] as number);
    highest = Math.max(highest, weights[c] as number);
  }
  let sum = 0;
  for (let c = 0; c < classes; c++) {
    weights[c] = Math.exp((weights[c] as number) - highest);
    sum += weights[c] as number;
  }
  return weights.map((weight) => weight / sum);
}

function logOf(probability: number): number {
  return Math.log(Math.max(LEAST, probability));
}
