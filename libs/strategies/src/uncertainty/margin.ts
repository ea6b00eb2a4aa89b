// Margin: 1 - (p(1) - p(2)), the two highest probabilities of a sample.

import { topTwo } from '../algorithms/top-two.js';
import { strategiesOf } from './measure.js';

export const {
  ofPrediction: margin,
  alias: marginPt,
  ofMean: marginMc,
} = strategiesOf({
  name: 'margin',
  summary: 'the samples whose two most likely classes are nearest to each other',
  parameters: [],
  source: {
    paper: 'Scheffer, Decomain and Wrobel, Active hidden Markov models for information extraction, 2001',
    reference: 'doi 10.1007/3-540-44816-0_31',
    equation: '1 - (p(1) - p(2)), p(1) ≥ p(2) the two highest',
  },
  semantics: 1,
  score: (rows, classes) => {
    const { first, second, suspect } = topTwo(rows, classes);
    const scores = new Float64Array(first.length);
    for (let row = 0; row < scores.length; row++) {
      scores[row] = 1 - ((first[row] as number) - (second[row] as number));
    }
    return { scores, suspect };
  },
});
