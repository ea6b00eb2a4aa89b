// The highest, or the two highest, of every sample's class probabilities. Floats that are not negative are in the order
// of their bits, and the higher of two integers is found without a branch, which would be mispredicted every other time:
// three times the speed. Whether rows are distributions is seen on the way: see `Seen`.

import { SUM_TOLERANCE } from '../check-signals.js';

/** What was seen of rows while they were read, instead of reading them once more. */
export interface Seen {
  /** Some row may be no distribution; what was made of it has no meaning then. Always false for means, of checked rows. */
  readonly suspect: boolean;
}

export interface Highest extends Seen {
  readonly first: Float32Array | Float64Array;
}

export interface TopTwo extends Highest {
  readonly second: Float32Array | Float64Array;
}

/** Of each row of `classes` probabilities in [0, 2). */
export function highest(data: Float32Array | Float64Array, classes: number): Highest {
  return data instanceof Float32Array ? highestOfFloat32(data, classes) : twoOfFloat64(data, classes);
}

/** Of each row of `classes` probabilities in [0, 2). */
export function topTwo(data: Float32Array | Float64Array, classes: number): TopTwo {
  return data instanceof Float32Array ? twoOfFloat32(data, classes) : twoOfFloat64(data, classes);
}

function highestOfFloat32(data: Float32Array, classes: number): Highest {
  const bits = new Int32Array(data.buffer, data.byteOffset, data.length);
  const first = new Int32Array(data.length / classes);
  let suspect = false;
  for (let row = 0, at = 0; row < first.length; row++) {
    // Two of each, so that neither waits for its own last step.
    let even = 0;
    let odd = 0;
    let sumOfEven = 0;
    let sumOfOdd = 0;
    let signs = 0;
    const end = at + classes;
    for (; at + 1 < end; at += 2) {
      const p = bits[at] as number;
      const q = bits[at + 1] as number;
      sumOfEven += data[at] as number;
      sumOfOdd += data[at + 1] as number;
      signs |= p | q;
      const shortOfP = even - (p & 0x7fff_ffff); // -0 is 0
      even -= shortOfP & (shortOfP >> 31);
      const shortOfQ = odd - (q & 0x7fff_ffff);
      odd -= shortOfQ & (shortOfQ >> 31);
    }
    if (at < end) {
      const p = bits[at] as number;
      sumOfEven += data[at] as number;
      signs |= p;
      const short = even - (p & 0x7fff_ffff);
      even -= short & (short >> 31);
      at++;
    }
    const short = even - odd;
    first[row] = even - (short & (short >> 31));
    if (signs < 0 || !(Math.abs(sumOfEven + sumOfOdd - 1) <= SUM_TOLERANCE)) suspect = true;
  }
  return { first: new Float32Array(first.buffer), suspect };
}

function twoOfFloat32(data: Float32Array, classes: number): TopTwo {
  const bits = new Int32Array(data.buffer, data.byteOffset, data.length);
  const first = new Int32Array(data.length / classes);
  const second = new Int32Array(data.length / classes);
  let suspect = false;
  for (let row = 0, at = 0; row < first.length; row++) {
    let best = 0;
    let next = 0;
    let sum = 0;
    let signs = 0;
    for (const end = at + classes; at < end; at++) {
      const own = bits[at] as number;
      const candidate = own & 0x7fff_ffff; // -0 is 0
      sum += data[at] as number;
      signs |= own;
      const short = best - candidate;
      const raise = short & (short >> 31); // 0, or what is missing to the candidate
      best -= raise;
      const lower = next - (candidate + raise);
      next -= lower & (lower >> 31);
    }
    first[row] = best;
    second[row] = next;
    if (signs < 0 || !(Math.abs(sum - 1) <= SUM_TOLERANCE)) suspect = true;
  }
  return { first: new Float32Array(first.buffer), second: new Float32Array(second.buffer), suspect };
}

function twoOfFloat64(data: Float64Array, classes: number): TopTwo {
  const first = new Float64Array(data.length / classes);
  const second = new Float64Array(data.length / classes);
  for (let row = 0, at = 0; row < first.length; row++) {
    let highest = 0;
    let next = 0;
    for (const end = at + classes; at < end; at++) {
      const candidate = data[at] as number;
      if (candidate > highest) {
        next = highest;
        highest = candidate;
      } else if (candidate > next) next = candidate;
    }
    first[row] = highest;
    second[row] = next;
  }
  return { first, second, suspect: false };
}
