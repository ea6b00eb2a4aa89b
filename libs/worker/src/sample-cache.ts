// Samples that were read lately: a fit's test and validation sets come back with every fit of a comparison.

import type { Samples } from '@alarena/dataset';

/** Keeps the most recently used sets within a number of bytes; a set larger than that is not kept. */
export class SampleCache {
  readonly #limitBytes: number;
  readonly #sets = new Map<string, Samples>();
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  async get(name: string, read: () => Promise<Samples>): Promise<Samples> {
    const kept = this.#sets.get(name);
    // A map keeps its order of insertion: what is used moves to the end.
    this.#sets.delete(name);
    const samples = kept ?? (await read());
    // It would drive out all others before it goes itself.
    if (bytesOfSamples(samples) > this.#limitBytes) return samples;
    this.#sets.set(name, samples);
    if (kept === undefined) this.#bytes += bytesOfSamples(samples);
    for (const [oldest, set] of this.#sets) {
      if (this.#bytes <= this.#limitBytes) break;
      this.#sets.delete(oldest);
      this.#bytes -= bytesOfSamples(set);
    }
    return samples;
  }
}

function bytesOfSamples({ images, labels }: Samples): number {
  return images.byteLength + labels.byteLength;
}
