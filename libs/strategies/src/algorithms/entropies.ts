// Entropies of many distributions at nearly the speed of memory: log p from a table instead of a call of Math.log. With
// 512 steps to an octave p = c (1 + x), |x| <= 2^-10, and four terms of the series of log(1 + x) leave an error of
// 2^-52; only +, - and * are used on the way, so every machine gives the same.

import { SUM_TOLERANCE } from '../check-signals.js';
import type { Seen } from './top-two.js';

const OCTAVES = 128; // exponents of float32 up to 1 and a little more
const STEPS = 512;

/** 1 / c and log c by turns, for every step c: the steps go by the upper 9 + 8 bits of a float32. */
const table = new Float64Array(2 * OCTAVES * STEPS);

for (let octave = 1; octave < OCTAVES; octave++) {
  for (let step = 0; step < STEPS; step++) {
    const c = 1 + step / STEPS;
    const at = 2 * (octave * STEPS + step);
    table[at] = 2 ** (127 - octave) / c;
    table[at + 1] = Math.log(c) + (octave - 127) * Math.LN2;
  }
}
// For 0 and all below the smallest normal number x is -1, and the logarithm -87: what it adds is less than 1e-35.
for (let step = 0; step < STEPS; step++) table[2 * step + 1] = -85;

/** p log p of a p in [0, 2 - 2^-10) whose nearest float32 has these bits; 0 where p is 0. */
export function pLogP(p: number, bits: number): number {
  // Rounded to 17 bits below the sign, times two. Numbers, not names of constants: this is the innermost loop.
  const entry = ((bits + 0x2000) >> 13) & 0x1_fffe;
  const x = p * (table[entry] as number) - 1;
  return p * ((table[entry + 1] as number) + (x - x * x * (0.5 - x * (1 / 3 - x * 0.25))));
}

// Bounds of entropies for a tenth of the work: bits of a float32, taken for a number, are its exponent with the mantissa for
// a fraction, so b - b(1) is 2^23 log2 p or up to 2^23 LINEAR_ERROR less.

const LINEAR_ERROR = 0.0860714;
const SCALE = Math.LN2 / 2 ** 23;
/** More than rounding makes of the sums below, for entropies of thousands of nats at most. */
const ROUNDING = 1e-9;

/** Bits of 1. */
export const BITS_OF_ONE = 0x3f80_0000;

/** No less than the entropy of probabilities p with bits b, from Σ p (b - b(1)). */
export function entropyAtMost(weightedBits: number): number {
  return ROUNDING - SCALE * weightedBits;
}

/** No more than it, from Σ p as well. */
export function entropyAtLeast(weightedBits: number, sum: number): number {
  return -ROUNDING - SCALE * weightedBits - LINEAR_ERROR * Math.LN2 * sum;
}

/** Entropy of the `classes` probabilities from `from` on, whose bits are given. */
export function entropyAt(data: Float32Array, bits: Int32Array, from: number, classes: number): number {
  let sum = 0;
  for (let at = from; at < from + classes; at++) sum -= pLogP(data[at] as number, bits[at] as number);
  return sum;
}

export interface Entropies extends Seen {
  readonly entropies: Float64Array;
}

/** Entropy in nats, 0 log 0 = 0, of each row of `classes` probabilities. */
export function entropies(data: Float32Array | Float64Array, classes: number): Float64Array {
  return seenEntropies(data, classes).entropies;
}

/** The same, and whether rows are distributions. Entropies below `floor` may come out as -Infinity. */
export function seenEntropies(
  data: Float32Array | Float64Array,
  classes: number,
  floor = Number.NEGATIVE_INFINITY,
): Entropies {
  if (!(data instanceof Float32Array)) return ofFloat64(data, classes);
  return floor === Number.NEGATIVE_INFINITY ? ofFloat32(data, classes) : highOfFloat32(data, classes, floor);
}

// Two copies of one loop: a loop over both kinds of arrays would run at half the speed on either.

function ofFloat32(data: Float32Array, classes: number): Entropies {
  const bits = new Int32Array(data.buffer, data.byteOffset, data.length);
  const out = new Float64Array(data.length / classes);
  let suspect = false;
  for (let row = 0, at = 0; row < out.length; row++) {
    let entropy = 0;
    let sum = 0;
    let signs = 0;
    for (const end = at + classes; at < end; at++) {
      const p = data[at] as number;
      const bitsOfP = bits[at] as number;
      signs |= bitsOfP;
      sum += p;
      entropy -= pLogP(p, bitsOfP);
    }
    out[row] = entropy;
    if (signs < 0 || !(Math.abs(sum - 1) <= SUM_TOLERANCE)) suspect = true;
  }
  return { entropies: out, suspect };
}

function highOfFloat32(data: Float32Array, classes: number, floor: number): Entropies {
  const bits = new Int32Array(data.buffer, data.byteOffset, data.length);
  const out = new Float64Array(data.length / classes);
  let suspect = false;
  for (let row = 0, at = 0; row < out.length; row++) {
    // Two of each, so that neither waits for its own last step.
    let even = 0;
    let odd = 0;
    let weightedEven = 0;
    let weightedOdd = 0;
    let signs = 0;
    const from = at;
    const end = at + classes;
    for (; at + 1 < end; at += 2) {
      const p = data[at] as number;
      const q = data[at + 1] as number;
      const bitsOfP = bits[at] as number;
      const bitsOfQ = bits[at + 1] as number;
      signs |= bitsOfP | bitsOfQ;
      even += p;
      odd += q;
      weightedEven += p * (bitsOfP - BITS_OF_ONE);
      weightedOdd += q * (bitsOfQ - BITS_OF_ONE);
    }
    if (at < end) {
      const p = data[at] as number;
      signs |= bits[at] as number;
      even += p;
      weightedEven += p * ((bits[at] as number) - BITS_OF_ONE);
      at++;
    }
    const sum = even + odd;
    if (signs < 0 || !(Math.abs(sum - 1) <= SUM_TOLERANCE)) suspect = true;
    const low = entropyAtMost(weightedEven + weightedOdd) < floor;
    out[row] = low ? Number.NEGATIVE_INFINITY : entropyAt(data, bits, from, classes);
  }
  return { entropies: out, suspect };
}

function ofFloat64(data: Float64Array, classes: number): Entropies {
  const bits = new Int32Array(new Float32Array(data).buffer);
  const out = new Float64Array(data.length / classes);
  for (let row = 0, at = 0; row < out.length; row++) {
    let sum = 0;
    for (const end = at + classes; at < end; at++) sum -= pLogP(data[at] as number, bits[at] as number);
    out[row] = sum;
  }
  return { entropies: out, suspect: false };
}
