// The samples of the highest information, for less than the information of all: a bound of each, for a third of the work,
// tells of most of them that they are not among the k highest.

import type { NdArray } from '@alarena/core';
import { BITS_OF_ONE, entropyAt, entropyAtLeast, entropyAtMost, pLogP } from '../algorithms/entropies.js';
import { rowsOfBlock } from '../algorithms/monte-carlo.js';
import { SUM_TOLERANCE } from '../check-signals.js';
import { TopK } from '../top-k.js';
import { type Gains, isOne } from './information.js';

/** -Infinity for samples that are not among the `k` highest. Ids break ties. */
export function highestInformation({ shape, data }: NdArray<'float32'>, ids: Int32Array, k: number): Gains {
  const [passes = 0, samples = 0, classes = 0] = shape;
  const rows = rowsOfBlock(classes);
  const gains = new Float64Array(samples);
  const best = new TopK(k);
  const scratch = { sums: new Float64Array(rows * classes), weightedBits: new Float64Array(rows) };
  const marginals = new Marginals(rows, classes, passes);
  const bits = new Int32Array(data.buffer, data.byteOffset, data.length);
  const conditionalAt = (row: number): number => {
    let sum = 0;
    for (let pass = 0; pass < passes; pass++) {
      sum += entropyAt(data, bits, (pass * samples + row) * classes, classes);
    }
    return sum;
  };
  let suspect = false;
  for (let from = 0; from < samples; from += rows) {
    const count = Math.min(rows, samples - from);
    const sums = scratch.sums.subarray(0, count * classes);
    const weightedBits = scratch.weightedBits.subarray(0, count);
    sums.fill(0);
    weightedBits.fill(0);
    const stride = samples * classes;
    let offset = from * classes;
    for (let left = passes; left > 0; left -= 2, offset += 2 * stride) {
      const add = left > 1 ? addTwo : addOne;
      if (add(data, bits, offset, stride, classes, sums, weightedBits)) suspect = true;
    }
    const most = marginals.atMost(sums, count);
    const { floor } = best;
    for (let row = 0; row < count; row++) {
      // Sums are no higher, or they are refused below.
      const least = entropyAtLeast((weightedBits[row] as number) / passes, 1 + SUM_TOLERANCE);
      // Never negative in exact arithmetic; rounding must not order samples on which all passes agree.
      gains[from + row] =
        (most[row] as number) - least < floor
          ? Number.NEGATIVE_INFINITY
          : Math.max(0, marginals.exact(sums, row) - conditionalAt(from + row) / passes);
    }
    best.offer(gains.subarray(from, from + count), ids.subarray(from, from + count));
  }
  return { gains, suspect };
}

/** More than float32 moves the entropy of a distribution by, of any number of classes. */
const FLOAT32_ERROR = 1e-5;

/** H(q̄) of some rows of sums over passes. */
class Marginals {
  readonly #classes: number;
  readonly #passes: number;
  /** Of one sample or of a block. */
  readonly #means: Float32Array;
  readonly #bits: Int32Array;
  readonly #most: Float64Array;

  constructor(rows: number, classes: number, passes: number) {
    this.#classes = classes;
    this.#passes = passes;
    this.#means = new Float32Array(rows * classes);
    this.#bits = new Int32Array(this.#means.buffer);
    this.#most = new Float64Array(rows);
  }

  /** Bounds of the first `count` rows. */
  atMost(sums: Float64Array, count: number): Float64Array {
    const [means, bits, most, classes] = [this.#means, this.#bits, this.#most, this.#classes];
    const scale = 1 / this.#passes;
    for (let row = 0, at = 0; row < count; row++) {
      let weighted = 0;
      for (const end = at + classes; at < end; at++) {
        const mean = (sums[at] as number) * scale;
        means[at] = mean;
        weighted += mean * ((bits[at] as number) - BITS_OF_ONE);
      }
      most[row] = entropyAtMost(weighted) + FLOAT32_ERROR;
    }
    return most;
  }

  /** As `entropies` has it of the mean. */
  exact(sums: Float64Array, row: number): number {
    let entropy = 0;
    for (let c = 0; c < this.#classes; c++) {
      const mean = (sums[row * this.#classes + c] as number) / this.#passes;
      this.#means[c] = mean;
      entropy -= pLogP(mean, this.#bits[c] as number);
    }
    return entropy;
  }
}

/**
 * Adds some rows of a pass and of the next, `stride` values on, to `sums`, and what bounds their entropies
 * (`entropyAtLeast`) to `weightedBits`, and says whether any may be no distribution: one look at each value instead of
 * three, half the reading and writing of sums.
 */
function addTwo(
  data: Float32Array,
  bits: Int32Array,
  offset: number,
  stride: number,
  classes: number,
  sums: Float64Array,
  weightedBits: Float64Array,
): boolean {
  let suspect = false;
  for (let row = 0, at = 0, a = offset, b = offset + stride; row < weightedBits.length; row++) {
    let weightedA = 0;
    let weightedB = 0;
    let totalA = 0;
    let totalB = 0;
    let signs = 0;
    for (const end = at + classes; at < end; at++, a++, b++) {
      const p = data[a] as number;
      const q = data[b] as number;
      const bitsOfP = bits[a] as number;
      const bitsOfQ = bits[b] as number;
      signs |= bitsOfP | bitsOfQ;
      totalA += p;
      totalB += q;
      sums[at] = (sums[at] as number) + p + q;
      weightedA += p * (bitsOfP - BITS_OF_ONE);
      weightedB += q * (bitsOfQ - BITS_OF_ONE);
    }
    weightedBits[row] = (weightedBits[row] as number) + (weightedA + weightedB);
    if (signs < 0 || !isOne(totalA) || !isOne(totalB)) suspect = true;
  }
  return suspect;
}

/** The same of the last of an odd number of passes. */
function addOne(
  data: Float32Array,
  bits: Int32Array,
  offset: number,
  _stride: number,
  classes: number,
  sums: Float64Array,
  weightedBits: Float64Array,
): boolean {
  let suspect = false;
  for (let row = 0, at = 0, from = offset; row < weightedBits.length; row++) {
    let weighted = 0;
    let total = 0;
    let signs = 0;
    for (const end = at + classes; at < end; at++, from++) {
      const p = data[from] as number;
      const bitsOfP = bits[from] as number;
      signs |= bitsOfP;
      total += p;
      sums[at] = (sums[at] as number) + p;
      weighted += p * (bitsOfP - BITS_OF_ONE);
    }
    weightedBits[row] = (weightedBits[row] as number) + weighted;
    if (signs < 0 || !isOne(total)) suspect = true;
  }
  return suspect;
}
