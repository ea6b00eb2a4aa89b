// Named random generators. A stream is named by everything that may change it (seed, round, purpose, ...), so
// no part's draws move another's: adding a draw in one place leaves all other streams as they were.

import { createHash } from 'node:crypto';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

export interface Random {
  /** Uniform integer in [0, 2^32). */
  uint32(): number;
  /** Uniform in [0, 1), a multiple of 2^-53. */
  uniform(): number;
  /** Uniform integer in [0, bound), without modulo bias. `bound` is an integer in [1, 2^32]. */
  below(bound: number): number;
  /** Standard normal, by Box-Muller; one value a call, so that a stream has no state beside its generator. */
  normal(): number;
}

const TWO_32 = 0x1_0000_0000;

/**
 * The generator named by `parts`, e.g. `namedRandom(seed, round, 'shuffle')`. Its 128-bit state is the head of a
 * SHA-256 over the parts, so streams with different names do not overlap in practice.
 */
export function namedRandom(...parts: readonly (string | number)[]): Random {
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest();
  const state: number[] = [0, 4, 8, 12].map((offset) => digest.readInt32LE(offset));
  // The all-zero state is the generator's only fixed point.
  if (state.reduce((bits, word) => bits | word, 0) === 0) state[0] = 1;
  const generator = xoroshiro128plusFromState(state);
  const uint32 = (): number => generator.next() >>> 0;
  const uniform = (): number => {
    const high = uint32() >>> 5;
    const low = uint32() >>> 6;
    return (high * 0x400_0000 + low) / 0x20_0000_0000_0000;
  };
  const below = (bound: number): number => {
    if (!Number.isInteger(bound) || bound < 1 || bound > TWO_32) {
      throw new RangeError(`bound must be an integer in [1, 2^32], got ${bound}`);
    }
    const limit = TWO_32 - (TWO_32 % bound);
    let draw = uint32();
    while (draw >= limit) draw = uint32();
    return draw % bound;
  };
  const normal = (): number => {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    return radius * Math.cos(2 * Math.PI * uniform());
  };
  return { uint32, uniform, below, normal };
}

/** Shuffles in place (Fisher-Yates) and returns its argument. */
export function shuffle<T extends { length: number; [index: number]: number }>(values: T, random: Random): T {
  for (let i = values.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const held = values[i] as number;
    values[i] = values[j] as number;
    values[j] = held;
  }
  return values;
}
