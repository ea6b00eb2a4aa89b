// EPIG: what a sample's label would tell about the predictions for other samples, not about the model's weights: the
// mutual information of both labels under the joint prediction mean_t q_t(y) q_t(y*), averaged over targets.

import { type CounterRandom, counterRandom } from '@alarena/core';
import { entropies } from '../algorithms/entropies.js';
import { scoreMeans } from '../algorithms/monte-carlo.js';
import type { CheckedPool } from '../checks.js';
import { procedure, selectionOf } from '../define.js';
import type { NumericParameter } from '../parameters.js';
import { TopK, topK } from '../top-k.js';
import { expectedEntropy, inFours, type PassTable } from './expected-entropy.js';
import { PassTables } from './pass-tables.js';

const targets: NumericParameter = {
  name: 'targets',
  type: 'integer',
  default: 100,
  min: 1,
  summary: 'samples of the pool, drawn at random, whose predictions count',
};

/** Samples between two reports of progress. */
const SAMPLES = 64;

export const epig = procedure(
  {
    name: 'epig',
    summary: 'the samples whose labels would tell most about the predictions for others of the pool',
    signals: ['monteCarlo'],
    labelledSignals: [],
    leastPasses: 50,
    parameters: [targets],
    source: {
      paper: 'Bickford Smith et al., Prediction-Oriented Bayesian Active Learning, 2023',
      reference: 'arXiv 2304.08151',
      equation: 'mean over targets y* of KL(mean_t q_t(y) q_t(y*) ‖ q̄(y) q̄(y*)) (equation 5)',
    },
    cost: 'O(N m T C²) (m targets)',
    semantics: 2,
  },
  (pool, k, parameters, random, tools) => {
    const passes = pool.signal('monteCarlo');
    const tables = new PassTables(passes);
    const ofMean = scoreMeans(passes, entropies);
    const chosen = drawnTargets(pool, Number(parameters[targets.name]), counterRandom(random));
    const aims = chosen.map((position) => ({
      mixtures: mixturesOf(tables.of(position), tables),
      entropy: ofMean[position] as number,
    }));
    const ones = new Float64Array(inFours(tables.classes)).fill(1);
    const scores = new Float64Array(pool.size);
    for (let position = 0; position < pool.size; position++) {
      if (position % SAMPLES === 0) tools.progress(position / pool.size);
      const table = tables.of(position);
      let sum = 0;
      for (const aim of aims) {
        // H(y, y*) under mean_t q_t(y) q_t(y*).
        const joint = expectedEntropy(ones, aim.mixtures, table);
        // Never negative in exact arithmetic.
        sum += Math.max(0, (ofMean[position] as number) + aim.entropy - joint);
      }
      scores[position] = sum / aims.length;
    }
    const best = new TopK(k);
    best.offer(scores, pool.ids);
    return selectionOf(best.result());
  },
);

/** Positions, by ascending id: the same ones for every order of the pool. */
function drawnTargets(pool: CheckedPool, count: number, draws: CounterRandom): number[] {
  const lots = Float64Array.from(pool.ids, (id) => draws.uniform(id));
  const chosen = Array.from(topK(lots, pool.ids, Math.min(count, pool.size)));
  return chosen.sort((a, b) => (pool.ids[a] as number) - (pool.ids[b] as number));
}

/** Of each class q_t(y*) / T: the shares that the passes have in the joint prediction. */
function mixturesOf(table: PassTable, { passes, classes }: PassTables): Float64Array {
  const mixtures = new Float64Array(inFours(classes) * passes);
  for (let at = 0; at < classes * passes; at++) mixtures[at] = (table[at] as number) / passes;
  return mixtures;
}
