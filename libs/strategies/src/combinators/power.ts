// Any score as the weight of a draw instead of an order: picks of the k highest log score + Gumbel noise are draws
// without replacement in proportion to score^β, which keeps near copies of one sample from filling a query.

import { AppError } from '@alarena/core';
import { byScore, type ScoredStrategy } from '../define.js';
import type { NumericParameter } from '../parameters.js';
import { referenceFaults } from '../uncertainty/reference-faults.js';

const beta: NumericParameter = {
  name: 'beta',
  type: 'number',
  default: 1,
  min: 1e-3,
  summary: 'the power of the score in the odds of a draw; the larger, the nearer to the k highest',
};

/**
 * For scores that are not negative but for rounding; throws an AppError `internal` where one is. Where one is 0 nothing is
 * left to draw: such samples come last, by id.
 */
export function power({ descriptor, score, options }: ScoredStrategy): ScoredStrategy {
  return byScore(
    {
      ...descriptor,
      name: `power_${descriptor.name}`,
      summary: `draws in proportion to the score of ${descriptor.name}, so that a query is not all of one kind`,
      advice:
        'As cheap as the score itself, and fit for queries of any size: the more samples a query has, the more it helps.',
      // Reversed scores are negative.
      parameters: [beta, ...descriptor.parameters.filter((one) => one !== referenceFaults)],
      source: {
        paper:
          'Kirsch et al., Stochastic Batch Acquisition: A Simple Baseline for Deep Active Learning, 2023',
        reference: 'arXiv 2106.12059',
        equation: `log s + Gumbel(0, 1/β), s = ${descriptor.source.equation}`,
      },
    },
    (part, parameters, draws) => {
      const scores = score(part, parameters, draws);
      const scale = 1 / Number(parameters[beta.name]);
      for (let row = 0; row < scores.length; row++) {
        const weight = scores[row] as number;
        if (weight < -ROUNDING) {
          throw new AppError('internal', `${descriptor.name} gives ${weight}: no score to draw by`);
        }
        const gumbel = -Math.log(-Math.log(draws.uniform(part.ids[row] as number, DRAW)));
        scores[row] = weight > 0 ? Math.log(weight) + scale * gumbel : -Number.MAX_VALUE;
      }
      return scores;
    },
    options,
  );
}

/** More than rounding makes of a score of 0. */
const ROUNDING = 1e-6;

/** The score itself may take draw 0 of a sample. */
const DRAW = 1;
