// By how much a sample's features h must be mixed with an anchor's, at the least, for a linear classifier to predict
// another class. At scale ε the optimal mix moves h by ε ‖a - h‖ ∇ / ‖∇‖, ∇ being the gradient of the loss by h
// (2203.07034, equation 7); logits are linear in ε, so the least ε has a closed form. A feature in which sample and
// anchor are equal does not move.

import type { NdArray } from '@alarena/core';
import { argmax } from './argmax.js';

/**
 * One scale a sample, infinite where no anchor flips it: the class flips at every ε above. `features` N x d, `classifier`
 * C x (d + 1) with the bias last, `anchors` C x d. O(N C (d + C)).
 */
export function flipScales(
  features: NdArray<'float32'>,
  classifier: NdArray<'float32'>,
  anchors: Float64Array,
): Float64Array {
  const [size = 0, width = 0] = features.shape;
  const [classes = 0] = classifier.shape;
  const scales = new Float64Array(size).fill(Number.POSITIVE_INFINITY);
  const logits = new Float64Array(classes);
  const gradient = new Float64Array(width);
  const slopes = new Float64Array(classes);
  for (let row = 0; row < size; row++) {
    const h = features.data.subarray(row * width, (row + 1) * width);
    logitsOf(h, classifier, logits);
    const predicted = argmax(logits, 0, classes);
    if (!lossGradient(logits, predicted, classifier, gradient)) continue;
    for (let anchor = 0; anchor < anchors.length; anchor += width) {
      const distance = directionSlopes(h, anchors, anchor, gradient, classifier, slopes);
      const scale = firstCrossing(logits, slopes, predicted) / distance;
      if (scale < (scales[row] as number)) scales[row] = scale;
    }
  }
  return scales;
}

function logitsOf(h: Float32Array, { shape, data }: NdArray<'float32'>, logits: Float64Array): void {
  const stride = shape[1] ?? 0;
  for (let c = 0; c < logits.length; c++) {
    let sum = data[(c + 1) * stride - 1] as number;
    for (let at = 0; at < h.length; at++) sum += (data[c * stride + at] as number) * (h[at] as number);
    logits[c] = sum;
  }
}

/** ∇ / ‖∇‖ of the cross-entropy of the predicted class, Wᵀ (softmax - onehot); false where it vanishes. */
function lossGradient(
  logits: Float64Array,
  predicted: number,
  { shape, data }: NdArray<'float32'>,
  gradient: Float64Array,
): boolean {
  const stride = shape[1] ?? 0;
  const highest = logits[predicted] as number;
  const weights = logits.map((logit) => Math.exp(logit - highest));
  let others = 0;
  for (let c = 0; c < weights.length; c++) if (c !== predicted) others += weights[c] as number;
  const total = 1 + others;
  gradient.fill(0);
  for (let c = 0; c < weights.length; c++) {
    // 1 - p of the predicted class as the sum of the others: what is left of it near 1 would be rounding.
    const error = (c === predicted ? -others : (weights[c] as number)) / total;
    for (let at = 0; at < gradient.length; at++) {
      gradient[at] = (gradient[at] as number) + error * (data[c * stride + at] as number);
    }
  }
  let squared = 0;
  for (const value of gradient) squared += value * value;
  const norm = Math.sqrt(squared);
  if (!(norm > 0)) return false;
  for (let at = 0; at < gradient.length; at++) gradient[at] = (gradient[at] as number) / norm;
  return true;
}

/** How fast each logit rises along the gradient; returns the sample's distance from the anchor. */
function directionSlopes(
  h: Float32Array,
  anchors: Float64Array,
  anchor: number,
  gradient: Float64Array,
  { shape, data }: NdArray<'float32'>,
  slopes: Float64Array,
): number {
  const stride = shape[1] ?? 0;
  slopes.fill(0);
  let squared = 0;
  for (let at = 0; at < h.length; at++) {
    const difference = (anchors[anchor + at] as number) - (h[at] as number);
    if (difference === 0) continue;
    squared += difference * difference;
    const direction = gradient[at] as number;
    for (let c = 0; c < slopes.length; c++) {
      slopes[c] = (slopes[c] as number) + direction * (data[c * stride + at] as number);
    }
  }
  return Math.sqrt(squared);
}

/** The least way along the gradient at which another logit is higher than the predicted class's. */
function firstCrossing(logits: Float64Array, slopes: Float64Array, predicted: number): number {
  let first = Number.POSITIVE_INFINITY;
  for (let c = 0; c < logits.length; c++) {
    const rise = (slopes[c] as number) - (slopes[predicted] as number);
    if (c !== predicted && rise > 0) {
      first = Math.min(first, ((logits[predicted] as number) - (logits[c] as number)) / rise);
    }
  }
  return first;
}
