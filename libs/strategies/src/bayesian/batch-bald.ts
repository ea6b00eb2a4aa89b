// BatchBALD: greedy growth of the information that the labels of all picks together give about the model. By the chain
// rule a sample adds H(y | labels of the picks before) - mean_t H(q_t). What it adds only falls as picks are made, so
// that most samples need not be looked at again (lazy greedy; Minoux, 1978), and most others only roughly. As long as
// all configurations of labels count, rough looks are upper bounds (groups.ts): the same picks as without. Where
// configurations are drawn, rough looks are estimates by some of them: the samples best by few go on to more of them
// (ROUNDS). All of it is float64 in a fixed order, so that nothing hangs on who multiplies.

import { AppError, type Random } from '@alarena/core';
import type { CheckedPool } from '../checks.js';
import { procedure } from '../define.js';
import type { NumericParameter } from '../parameters.js';
import type { Selection } from '../strategy.js';
import type { Tools } from '../tools.js';
import { BoundHeap } from './bound-heap.js';
import { type Configurations, DrawnConfigurations, noLabels, withEveryLabel } from './configurations.js';
import type { PassTable } from './expected-entropy.js';
import { grouped } from './groups.js';
import { PassTables } from './pass-tables.js';

const samples: NumericParameter = {
  name: 'num_samples',
  type: 'integer',
  default: 10_000,
  min: 1,
  max: 100_000,
  summary: 'configurations of labels to go by; all of them where they are no more, else as many are drawn',
};

export const batchBald = procedure(
  {
    name: 'batch_bald',
    summary: 'the query whose labels together tell most about the model, one sample after the other',
    signals: ['monteCarlo'],
    labelledSignals: [],
    leastPasses: 50,
    parameters: [samples],
    source: {
      paper:
        'Kirsch, van Amersfoort and Gal, BatchBALD: Efficient and Diverse Batch Acquisition for Deep Bayesian Active Learning, 2019',
      reference: 'arXiv 1906.08158',
      equation: 'argmax_i H(y_1, …, y_b, y_i) - Σ mean_t H(q_t), greedily (algorithm 1, equation 12)',
    },
    advice:
      'Greedy and exact while all configurations of labels count; beyond, samples are compared by a part of the drawn ones first, and only the best of these by all, so that its pick may be a close second.',
    cost: 'O(N T C + k E M T C) (M configurations, E samples whose rough bound reaches the best)',
    semantics: 2,
  },
  (pool, k, parameters, random, tools) =>
    new Search(pool, Number(parameters[samples.name]), random, tools).pick(k),
);

/** Looks at samples between two reports of progress. */
const LOOKS = 64;

/** Configurations to a group, where there are enough for groups to pay. */
const GROUP = 16;
const LEAST_GROUPS = 32;

/** By which part of the drawn configurations samples are compared, and how many of them go on. */
const ROUNDS = [
  { fraction: 1 / 50, winners: 512 },
  { fraction: 1 / 10, winners: 32 },
  { fraction: 1, winners: 1 },
];

/** More than float64 may move gains by, so that a bound holds for the gain as computed. */
const ROUNDING = 1e-12;

interface Best {
  readonly position: number;
  readonly gain: number;
}

class Search {
  readonly #ids: Int32Array;
  readonly #most: number;
  readonly #random: Random;
  readonly #tools: Tools;
  readonly #tables: PassTables;
  readonly #heap: BoundHeap;
  #done = 0;
  #looks = 0;

  constructor(pool: CheckedPool, most: number, random: Random, tools: Tools) {
    this.#ids = pool.ids;
    this.#most = most;
    this.#random = random;
    this.#tools = tools;
    this.#tables = new PassTables(pool.signal('monteCarlo'));
    this.#heap = new BoundHeap(pool.ids);
  }

  pick(k: number): Selection {
    const { passes, classes } = this.#tables;
    const exactPicks = this.#exactPicks();
    const picked: PassTable[] = [];
    const ids: number[] = [];
    const scores: number[] = [];
    let exact = noLabels(passes);
    let drawn: DrawnConfigurations | undefined;
    let information = 0;
    for (;;) {
      this.#done = ids.length / k;
      const { position, gain } = drawn ? this.#bestOfDrawn(drawn) : this.#best(exact);
      information += gain;
      ids.push(this.#ids[position] as number);
      scores.push(information);
      if (ids.length === k) break;
      picked.push(this.#tables.of(position).slice());
      if (ids.length < exactPicks) {
        exact = withEveryLabel(exact, this.#tables.of(position), classes);
      } else {
        const fresh = drawn === undefined;
        drawn ??= new DrawnConfigurations(passes, Math.max(1, Math.floor(this.#most / passes)), this.#random);
        for (const table of fresh ? picked : picked.slice(-1)) drawn.draw(table, classes);
      }
      this.#heap.outdate();
    }
    const notes =
      k <= exactPicks ? [] : [`from pick ${exactPicks + 1} on by configurations of labels drawn at random`];
    return { ids, scores, notes };
  }

  /** Picks for which all configurations of those before are few enough. */
  #exactPicks(): number {
    return 1 + Math.floor(Math.log(this.#most) / Math.log(this.#tables.classes) + 1e-9);
  }

  /** Takes the sample of the highest gain, ties by lower id, out of the heap. */
  #best(configurations: Configurations): Best {
    const groups = Math.floor(configurations.size / GROUP);
    const rough = groups >= LEAST_GROUPS ? grouped(configurations, groups) : undefined;
    const heap = this.#heap;
    for (;;) {
      const { position, bound, steps } = heap.top();
      if (steps === 2) {
        heap.removeTop();
        return { position, gain: bound };
      }
      if (steps === 1) heap.lowerTop(this.#gain(position, configurations));
      else if (rough === undefined) heap.lowerTop(bound);
      else heap.lowerTop(Math.min(bound, this.#gain(position, rough)) + ROUNDING);
    }
  }

  /** The same by drawn configurations, in rounds; the first one is lazy. */
  #bestOfDrawn(drawn: DrawnConfigurations): Best {
    const rounds = ROUNDS.map(({ fraction, winners }) => ({ configurations: drawn.part(fraction), winners }));
    const [first, ...others] = rounds.filter(
      ({ configurations }, at) => configurations.size !== rounds[at + 1]?.configurations.size,
    );
    if (first === undefined) throw new AppError('internal', 'no round');
    const heap = this.#heap;
    let samples: Best[] = [];
    while (samples.length < first.winners && heap.size > 0) {
      const { position, bound, steps } = heap.top();
      if (steps === 0) heap.lowerTop(this.#gain(position, first.configurations));
      else {
        heap.removeTop();
        samples.push({ position, gain: bound });
      }
    }
    for (const { configurations, winners } of others) {
      const again = samples.map(({ position }) => ({ position, gain: this.#gain(position, configurations) }));
      again.sort((a, b) => b.gain - a.gain || this.#idOf(a) - this.#idOf(b));
      for (const { position, gain } of again.slice(winners)) heap.putBack(position, gain);
      samples = again.slice(0, winners);
    }
    const [best] = samples;
    if (best === undefined) throw new AppError('internal', 'no sample is left');
    return best;
  }

  #idOf({ position }: Best): number {
    return this.#ids[position] as number;
  }

  #gain(position: number, configurations: Configurations): number {
    if (this.#looks++ % LOOKS === 0) this.#tools.progress(this.#done);
    const table = this.#tables.of(position);
    const gain = configurations.expectedEntropy(table) - this.#tables.conditional(position);
    // Never negative in exact arithmetic; rounding must not order what adds nothing.
    return Math.max(0, gain);
  }
}
