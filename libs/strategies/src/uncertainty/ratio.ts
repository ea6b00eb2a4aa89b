// Ratio of the two highest probabilities: p(2) / p(1). The highest is at least 1 / C, so the ratio is finite.

import { topTwo } from '../algorithms/top-two.js';
import { strategiesOf } from './measure.js';
import { inReferenceOrder, referenceFaults } from './reference-faults.js';

export const {
  ofPrediction: ratio,
  alias: ratioPt,
  ofMean: ratioMc,
} = strategiesOf({
  name: 'ratio',
  summary: 'the samples whose second class is most nearly as likely as the first',
  parameters: [referenceFaults],
  source: {
    paper: 'Monarch, Human-in-the-Loop Machine Learning, 2021',
    reference: '',
    equation: 'p(2) / p(1), p(1) ≥ p(2) the two highest (chapter 3)',
  },
  semantics: 1,
  score: (rows, classes, parameters) => {
    const { first, second, suspect } = topTwo(rows, classes);
    const scores = new Float64Array(first.length);
    for (let row = 0; row < scores.length; row++) {
      scores[row] = (second[row] as number) / (first[row] as number);
    }
    return { scores: inReferenceOrder(scores, parameters), suspect };
  },
});
