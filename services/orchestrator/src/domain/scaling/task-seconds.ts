// The mean time of a task, from how many are in work and how many have come to an end: what is in work, added up over
// time, divided by the ends (Little's law). Old tasks count ever less.

/** Ends after which a task counts half, beside four times those in work. */
const halfLife = 20;

export class TaskSeconds {
  #seconds: number;
  #ends = 1;
  #inWork = 0;

  /** `assumed`: as if one task had taken so long. */
  constructor(assumed: number) {
    this.#seconds = assumed;
  }

  observe(inWork: number, elapsedSeconds: number, ends: number): void {
    const kept = 0.5 ** (ends / (halfLife + 4 * inWork));
    this.#seconds = this.#seconds * kept + inWork * elapsedSeconds;
    this.#ends = this.#ends * kept + ends;
    this.#inWork = inWork;
  }

  /** Those in work are half done on the mean: while none has ended, they say how long it takes at least. */
  get mean(): number {
    return this.#seconds / (this.#ends + this.#inWork / 2);
  }
}
