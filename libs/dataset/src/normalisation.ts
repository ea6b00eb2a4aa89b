// Mean and standard deviation of each channel, from a histogram of its 256 values: exact whatever the number of
// samples and their order, so the same images always give the same six decimals.

import type { Normalisation } from './manifest.js';

const LEVELS = 256;

export class ChannelStatistics {
  readonly #channels: number;
  readonly #counts: Float64Array;

  constructor(channels: number) {
    this.#channels = channels;
    this.#counts = new Float64Array(channels * LEVELS);
  }

  /** `values`: interleaved by channel, as in n x h x w x c. */
  add(values: Uint8Array): void {
    const counts = this.#counts;
    const channels = this.#channels;
    for (let channel = 0; channel < channels; channel++) {
      const base = channel * LEVELS;
      for (let i = channel; i < values.length; i += channels) {
        const bin = base + (values[i] as number);
        counts[bin] = (counts[bin] as number) + 1;
      }
    }
  }

  /** Population statistics on the scale [0, 1], rounded to six decimals. Without samples: mean 0, deviation 1. */
  result(): Normalisation {
    const mean: number[] = [];
    const std: number[] = [];
    for (let channel = 0; channel < this.#channels; channel++) {
      const counts = this.#counts.subarray(channel * LEVELS, (channel + 1) * LEVELS);
      const total = counts.reduce((sum, count) => sum + count, 0);
      const centre = total === 0 ? 0 : counts.reduce((sum, count, level) => sum + count * level, 0) / total;
      const squares = counts.reduce((sum, count, level) => sum + count * (level - centre) ** 2, 0);
      mean.push(rounded(centre / 255));
      std.push(total === 0 ? 1 : rounded(Math.sqrt(squares / total) / 255));
    }
    return { mean, std };
  }
}

function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
