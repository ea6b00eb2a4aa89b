// Random numbers by name of the sample instead of by order of the draw: each is a function of a key and a counter, so
// that shards can be drawn for anywhere and in any order. Philox4x32-10 (Salmon et al., Parallel Random Numbers: As Easy
// as 1, 2, 3, SC 2011).

import type { Random } from './random.js';

export interface CounterRandom {
  /** Uniform in (0, 1): `id` and `draw` are integers in [0, 2^32). */
  uniform(id: number, draw?: number): number;
  /** The 128 bits of that draw into `out`, for many small choices of one sample. */
  words(id: number, draw: number, out: Uint32Array): void;
}

const MULTIPLIERS = [0xd251_1f53, 0xcd9e_8d57] as const;
const WEYL = [0x9e37_79b9, 0xbb67_ae85] as const;
const ROUNDS = 10;
/** The float64 before 1, to which the last of 2^53 steps would round. */
const MOST = 1 - 2 ** -53;

/** Takes its 128 bits of name from `random`. */
export function counterRandom(random: Random): CounterRandom {
  const name = [random.uint32(), random.uint32(), random.uint32(), random.uint32()] as const;
  const block = new Uint32Array(4);
  return {
    uniform: (id, draw = 0) => {
      philox([id, draw, name[2], name[3]], [name[0], name[1]], block);
      const high = (block[0] as number) >>> 5;
      const low = (block[1] as number) >>> 6;
      return Math.min(MOST, (high * 0x400_0000 + low + 0.5) / 0x20_0000_0000_0000);
    },
    words: (id, draw, out) => philox([id, draw, name[2], name[3]], [name[0], name[1]], out),
  };
}

/** One block of Philox4x32-10 into `out`. */
export function philox(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
  out: Uint32Array,
): void {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIERS[0], c0);
    const low0 = Math.imul(MULTIPLIERS[0], c0);
    const high1 = multiplyHigh(MULTIPLIERS[1], c2);
    const low1 = Math.imul(MULTIPLIERS[1], c2);
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1 >>> 0;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0 >>> 0;
    k0 = (k0 + WEYL[0]) >>> 0;
    k1 = (k1 + WEYL[1]) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** The upper 32 bits of the product of two integers in [0, 2^32). */
function multiplyHigh(a: number, b: number): number {
  const [a1, a0, b1, b0] = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff];
  const middle = a1 * b0 + ((a0 * b0) >>> 16);
  const other = (middle & 0xffff) + a0 * b1;
  return a1 * b1 + Math.floor(middle / 0x1_0000) + Math.floor(other / 0x1_0000);
}
