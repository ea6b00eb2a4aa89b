// The three measures as modAL has them, under its names: the order is that of ours, the scores are in its units.

import { seenEntropies } from '../algorithms/entropies.js';
import { highest, topTwo } from '../algorithms/top-two.js';
import { byScore, type ScoredStrategy } from '../define.js';
import type { Parameters } from '../parameters.js';
import { ofProbabilities, type Scored } from './measure.js';

function modalStrategy(
  name: string,
  summary: string,
  equation: string,
  score: (rows: Float32Array, classes: number, parameters: Parameters, floor: number) => Scored,
  knowsLow = false,
): ScoredStrategy {
  return byScore(
    {
      name,
      summary,
      signals: ['probabilities'],
      labelledSignals: [],
      parameters: [],
      source: {
        paper: 'Danka and Horvath, modAL: A modular active learning framework for Python, 2018',
        reference: 'arXiv 1805.00979',
        equation,
      },
      cost: 'O(N C)',
      semantics: 1,
    },
    ofProbabilities(score, knowsLow),
    { checksValues: true },
  );
}

export const uncertaintySampling = modalStrategy(
  'uncertainty_sampling',
  "modAL's least confidence: the samples whose most likely class is least likely",
  '1 - max p',
  (rows, classes) => {
    const { first, suspect } = highest(rows, classes);
    return { scores: Float64Array.from(first, (p1) => 1 - p1), suspect };
  },
);

export const marginSampling = modalStrategy(
  'margin_sampling',
  "modAL's margin: the samples whose two most likely classes are nearest to each other",
  '-(p(1) - p(2)), p(1) ≥ p(2) the two highest',
  (rows, classes) => {
    const { first, second, suspect } = topTwo(rows, classes);
    return { scores: Float64Array.from(first, (p1, row) => (second[row] as number) - p1), suspect };
  },
);

export const entropySampling = modalStrategy(
  'entropy_sampling',
  "modAL's entropy: the samples whose predicted class distribution has the highest entropy",
  'H(p) = -Σ p log p',
  (rows, classes, _parameters, floor) => {
    const { entropies: scores, suspect } = seenEntropies(rows, classes, floor);
    return { scores, suspect };
  },
  true,
);
