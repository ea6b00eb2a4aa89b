// Predictive entropy, scaled so that 1 is the uniform distribution: H(p) / log C.

import { seenEntropies } from '../algorithms/entropies.js';
import { strategiesOf } from './measure.js';

export const {
  ofPrediction: entropy,
  alias: entropyPt,
  ofMean: entropyMc,
} = strategiesOf({
  name: 'entropy',
  summary: 'the samples whose predicted class distribution has the highest entropy',
  parameters: [],
  source: {
    paper: 'Shannon, A mathematical theory of communication, 1948',
    reference: 'doi 10.1002/j.1538-7305.1948.tb01338.x',
    equation: 'H(p) / log C, H(p) = -Σ p log p',
  },
  semantics: 2,
  knowsLow: true,
  score: (rows, classes, _parameters, floor) => {
    const highest = Math.log(classes);
    // Less by more than the rounding of a quotient.
    const least = highest * (floor - 1e-12);
    const { entropies: scores, suspect } = seenEntropies(rows, classes, least);
    for (let row = 0; row < scores.length; row++) scores[row] = (scores[row] as number) / highest;
    return { scores, suspect };
  },
});
