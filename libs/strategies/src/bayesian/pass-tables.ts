// Monte-Carlo probabilities sample by sample: of T x N x C one table C x T at a time, and the mean entropy of its passes.

import type { NdArray } from '@alarena/core';
import { entropies } from '../algorithms/entropies.js';
import type { PassTable } from './expected-entropy.js';

export class PassTables {
  readonly passes: number;
  readonly classes: number;
  readonly #samples: number;
  readonly #data: Float32Array;
  readonly #table: Float64Array;
  readonly #conditional: Float64Array;

  constructor({ shape, data }: NdArray<'float32'>) {
    [this.passes = 0, this.#samples = 0, this.classes = 0] = shape;
    this.#data = data;
    this.#table = new Float64Array(2 * Math.ceil(this.classes / 2) * this.passes);
    this.#conditional = new Float64Array(this.#samples).fill(Number.NaN);
  }

  /** Valid until the next call. */
  of(position: number): PassTable {
    const { passes, classes } = this;
    for (let pass = 0; pass < passes; pass++) {
      const from = (pass * this.#samples + position) * classes;
      for (let c = 0; c < classes; c++) this.#table[c * passes + pass] = this.#data[from + c] as number;
    }
    return this.#table;
  }

  /** mean_t H(q_t) of the sample whose table was read last. */
  conditional(position: number): number {
    const known = this.#conditional[position] as number;
    if (!Number.isNaN(known)) return known;
    const sum = entropies(this.#table, this.#table.length)[0] as number;
    this.#conditional[position] = sum / this.passes;
    return sum / this.passes;
  }
}
