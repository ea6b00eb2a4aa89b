// What a comparison has cost, added up round by round.

import type { Cost, MeasuredRound } from './comparison.js';

export class CostTally {
  readonly #fits = new Set<string>();
  readonly #tasks = new Set<string>();
  #rounds = 0;
  #seconds = 0;

  add({ fitKey, tasks }: MeasuredRound): void {
    this.#rounds++;
    this.#fits.add(fitKey);
    for (const { key, seconds } of tasks) {
      if (this.#tasks.has(key)) continue;
      this.#tasks.add(key);
      this.#seconds += seconds;
    }
  }

  get cost(): Cost {
    const fits = this.#fits.size;
    return { fits, fitsShared: this.#rounds - fits, deviceSeconds: this.#seconds };
  }
}
