// The mean over Monte-Carlo passes (T x N x C), made for some samples at a time, so that the sums stay in the nearest
// cache while the passes go by.

import type { NdArray } from '@alarena/core';

const BLOCK_VALUES = 2048;

/** Samples at a time. */
export function rowsOfBlock(classes: number): number {
  return Math.max(1, Math.floor(BLOCK_VALUES / classes));
}

/** One score per sample, of its q̄, the mean over passes. `score` gets some rows at a time, which it may not keep. */
export function scoreMeans(
  { shape, data }: NdArray<'float32'>,
  score: (mean: Float64Array, classes: number) => Float64Array,
): Float64Array {
  const [passes = 0, samples = 0, classes = 0] = shape;
  const out = new Float64Array(samples);
  const rows = rowsOfBlock(classes);
  const scratch = new Float64Array(rows * classes);
  for (let from = 0; from < samples; from += rows) {
    const mean = scratch.subarray(0, Math.min(rows, samples - from) * classes);
    mean.fill(0);
    const stride = samples * classes;
    let pass = 0;
    for (; pass + 1 < passes; pass += 2) addTwo(mean, data, pass * stride + from * classes, stride);
    if (pass < passes) addOne(mean, data, pass * stride + from * classes);
    for (let at = 0; at < mean.length; at++) mean[at] = (mean[at] as number) / passes;
    out.set(score(mean, classes), from);
  }
  return out;
}

function addOne(sums: Float64Array, data: Float32Array, offset: number): void {
  for (let at = 0; at < sums.length; at++) sums[at] = (sums[at] as number) + (data[offset + at] as number);
}

/** Two passes at once: half the reading and writing of sums. */
function addTwo(sums: Float64Array, data: Float32Array, offset: number, stride: number): void {
  for (let at = 0, a = offset, b = offset + stride; at < sums.length; at++, a++, b++) {
    sums[at] = (sums[at] as number) + ((data[a] as number) + (data[b] as number));
  }
}
