// Adam (Kingma and Ba, arXiv 1412.6980, algorithm 1) with the paper's constants.

const [BETA_1, BETA_2, EPSILON] = [0.9, 0.999, 1e-8];

export class Adam {
  readonly #learningRate: number;
  readonly #first: Float64Array;
  readonly #second: Float64Array;
  // β₁^t and β₂^t, by one product a step: the last bits of a power are the runtime's own.
  #decay1 = 1;
  #decay2 = 1;

  constructor(size: number, learningRate: number) {
    this.#learningRate = learningRate;
    this.#first = new Float64Array(size);
    this.#second = new Float64Array(size);
  }

  /** Changes `weights` in place. */
  step(weights: Float64Array, gradient: Float64Array): void {
    this.#decay1 *= BETA_1;
    this.#decay2 *= BETA_2;
    const [correction1, correction2] = [1 - this.#decay1, 1 - this.#decay2];
    for (let at = 0; at < weights.length; at++) {
      const slope = gradient[at] as number;
      const first = BETA_1 * (this.#first[at] as number) + (1 - BETA_1) * slope;
      const second = BETA_2 * (this.#second[at] as number) + (1 - BETA_2) * slope * slope;
      this.#first[at] = first;
      this.#second[at] = second;
      const size = Math.sqrt(second / correction2) + EPSILON;
      weights[at] = (weights[at] as number) - (this.#learningRate * (first / correction1)) / size;
    }
  }
}
