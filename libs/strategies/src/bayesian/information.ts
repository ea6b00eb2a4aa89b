// The information a label would give, H(q̄) - mean_t H(q_t) in nats, over Monte-Carlo passes (T x N x C).

import type { NdArray } from '@alarena/core';
import { entropies, pLogP } from '../algorithms/entropies.js';
import { rowsOfBlock } from '../algorithms/monte-carlo.js';
import type { Seen } from '../algorithms/top-two.js';
import { SUM_TOLERANCE } from '../check-signals.js';

export interface Gains extends Seen {
  readonly gains: Float64Array;
}

/** Of every sample. */
export function information({ shape, data }: NdArray<'float32'>): Gains {
  const [passes = 0, samples = 0, classes = 0] = shape;
  const rows = rowsOfBlock(classes);
  const gains = new Float64Array(samples);
  const scratch = { sums: new Float64Array(rows * classes), conditional: new Float64Array(rows) };
  const bits = new Int32Array(data.buffer, data.byteOffset, data.length);
  let suspect = false;
  for (let from = 0; from < samples; from += rows) {
    const count = Math.min(rows, samples - from);
    const sums = scratch.sums.subarray(0, count * classes);
    const conditional = scratch.conditional.subarray(0, count);
    sums.fill(0);
    conditional.fill(0);
    for (let pass = 0; pass < passes; pass++) {
      const offset = (pass * samples + from) * classes;
      if (addPass(data, bits, offset, classes, sums, conditional)) suspect = true;
    }
    for (let at = 0; at < sums.length; at++) sums[at] = (sums[at] as number) / passes;
    const total = entropies(sums, classes);
    for (let row = 0; row < count; row++) {
      // Never negative in exact arithmetic; rounding must not order samples on which all passes agree.
      gains[from + row] = Math.max(0, (total[row] as number) - (conditional[row] as number) / passes);
    }
  }
  return { gains, suspect };
}

/**
 * Adds some rows of one pass to `sums`, their entropies to `conditional`, and says whether any may be no distribution: one
 * look at each value instead of three.
 */
function addPass(
  data: Float32Array,
  bits: Int32Array,
  offset: number,
  classes: number,
  sums: Float64Array,
  conditional: Float64Array,
): boolean {
  let suspect = false;
  for (let row = 0, at = 0, from = offset; row < conditional.length; row++) {
    let entropy = 0;
    let total = 0;
    let signs = 0;
    for (const end = at + classes; at < end; at++, from++) {
      const p = data[from] as number;
      const bitsOfP = bits[from] as number;
      signs |= bitsOfP;
      total += p;
      sums[at] = (sums[at] as number) + p;
      entropy -= pLogP(p, bitsOfP);
    }
    conditional[row] = (conditional[row] as number) + entropy;
    if (signs < 0 || !isOne(total)) suspect = true;
  }
  return suspect;
}

export function isOne(sum: number): boolean {
  return Math.abs(sum - 1) <= SUM_TOLERANCE;
}
