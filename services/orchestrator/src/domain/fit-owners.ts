// Which cell of a comparison a fit counts for: the first that has it, in the order of reports. So it hangs neither on
// which cell was quicker nor on what an earlier run has left.

import type { MeasuredRound, Round } from './comparison.js';

export class FitOwners {
  readonly #owners = new Map<string, number>();

  /** `cell` is a position in the order of reports. */
  add(fitKey: string, cell: number): void {
    this.#owners.set(fitKey, Math.min(cell, this.#owners.get(fitKey) ?? cell));
  }

  mark(rounds: readonly MeasuredRound[], cell: number): Round[] {
    return rounds.map((round) => ({ ...round, fitShared: this.#owners.get(round.fitKey) !== cell }));
  }
}
