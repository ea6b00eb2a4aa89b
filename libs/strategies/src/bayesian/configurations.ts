// What labels of some samples would say about the passes of Monte-Carlo dropout: each configuration of labels with its
// probability and the passes' weights given it. All configurations where they are few, else drawn ones (BatchBALD,
// Kirsch et al., 2019, sections 3.3 and 3.4).

import type { Random } from '@alarena/core';
import { expectedEntropy, inFours, type PassTable } from './expected-entropy.js';

export class Configurations {
  readonly size: number;
  readonly passes: number;
  /** Probability of each configuration; they add up to 1. Filled up with zeros to a multiple of four, as rows are. */
  readonly weights: Float64Array;
  /** How much each pass counts given a configuration, M x T; a row adds up to 1. */
  readonly posteriors: Float64Array;

  constructor(size: number, passes: number, weights: Float64Array, posteriors: Float64Array) {
    this.size = size;
    this.passes = passes;
    this.weights = weights;
    this.posteriors = posteriors;
  }

  /** H(y | the labels): the entropy of a sample's prediction given each configuration, averaged. */
  expectedEntropy(table: PassTable): number {
    return expectedEntropy(this.weights, this.posteriors, table);
  }
}

function empty(size: number, passes: number): Configurations {
  const rows = inFours(size);
  return new Configurations(size, passes, new Float64Array(rows), new Float64Array(rows * passes));
}

/** Before any label all passes count the same. */
export function noLabels(passes: number): Configurations {
  const one = empty(1, passes);
  one.weights[0] = 1;
  one.posteriors.fill(1 / passes, 0, passes);
  return one;
}

/** Each configuration with every label of one more sample; those that cannot occur are left out. */
export function withEveryLabel(before: Configurations, table: PassTable, classes: number): Configurations {
  const { passes } = before;
  const all = empty(before.size * classes, passes);
  let size = 0;
  for (let m = 0; m < before.size; m++) {
    for (let c = 0; c < classes; c++) {
      const row = all.posteriors.subarray(size * passes, (size + 1) * passes);
      row.set(before.posteriors.subarray(m * passes, (m + 1) * passes));
      const weight = (before.weights[m] as number) * observe(row, table, c);
      if (weight > 0) all.weights[size++] = weight;
    }
  }
  all.posteriors.fill(0, size * passes);
  const rows = inFours(size);
  return new Configurations(
    size,
    passes,
    all.weights.subarray(0, rows),
    all.posteriors.subarray(0, rows * passes),
  );
}

/**
 * Drawn configurations, as many from each pass, all of equal weight. Those of all passes follow each other by turns, so
 * that the first ones are a fair draw too. A further sample's labels are drawn to those there are.
 */
export class DrawnConfigurations {
  readonly all: Configurations;
  readonly #perPass: number;
  readonly #random: Random;

  constructor(passes: number, perPass: number, random: Random) {
    const size = passes * perPass;
    this.all = empty(size, passes);
    this.all.weights.fill(1 / size, 0, size);
    this.all.posteriors.fill(1 / passes, 0, size * passes);
    this.#perPass = perPass;
    this.#random = random;
  }

  /** The first ones, `fraction` of all but as many from each pass: a view. */
  part(fraction: number): Configurations {
    const size = this.all.passes * Math.ceil(this.#perPass * fraction);
    return size === this.all.size ? this.all : first(this.all, size);
  }

  draw(table: PassTable, classes: number): void {
    const { size, passes, posteriors } = this.all;
    for (let m = 0; m < size; m++) {
      const c = drawClass(table, classes, passes, m % passes, this.#random);
      observe(posteriors.subarray(m * passes, (m + 1) * passes), table, c);
    }
  }
}

function first({ passes, posteriors }: Configurations, size: number): Configurations {
  const rows = inFours(size);
  const weights = new Float64Array(rows).fill(1 / size, 0, size);
  return new Configurations(size, passes, weights, posteriors.subarray(0, rows * passes));
}

/**
 * Bayes' rule: the passes' weights given label c too, in place; returns the label's probability. Where that is 0 or too
 * small for float64, the weights stay.
 */
function observe(posterior: Float64Array, table: PassTable, c: number): number {
  const passes = posterior.length;
  let sum = 0;
  for (let pass = 0, at = c * passes; pass < passes; pass++, at++) {
    sum += (posterior[pass] as number) * (table[at] as number);
  }
  if (!(sum > 1e-300)) return 0;
  for (let pass = 0, at = c * passes; pass < passes; pass++, at++) {
    posterior[pass] = ((posterior[pass] as number) * (table[at] as number)) / sum;
  }
  return sum;
}

/** A class of probability above 0 in this pass, in proportion to it. */
function drawClass(table: PassTable, classes: number, passes: number, pass: number, random: Random): number {
  let sum = 0;
  for (let c = 0; c < classes; c++) sum += table[c * passes + pass] as number;
  let left = random.uniform() * sum;
  let last = 0;
  for (let c = 0; c < classes; c++) {
    const p = table[c * passes + pass] as number;
    if (p === 0) continue;
    last = c;
    left -= p;
    if (left < 0) break;
  }
  return last;
}
