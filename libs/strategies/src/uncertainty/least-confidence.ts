// Least confidence, scaled so that 1 is the uniform distribution: (1 - max p) · C / (C - 1).

import { highest } from '../algorithms/top-two.js';
import { strategiesOf } from './measure.js';
import { inReferenceOrder, referenceFaults } from './reference-faults.js';

export const {
  ofPrediction: leastConfidence,
  alias: leastConfidencePt,
  ofMean: leastConfidenceMc,
} = strategiesOf({
  name: 'least_confidence',
  summary: 'the samples whose most likely class is least likely',
  parameters: [referenceFaults],
  source: {
    paper: 'Lewis and Gale, A sequential algorithm for training text classifiers, 1994',
    reference: 'arXiv cmp-lg/9407020',
    equation: '(1 - max p) · C / (C - 1)',
  },
  semantics: 1,
  score: (rows, classes, parameters) => {
    const { first, suspect } = highest(rows, classes);
    const scores = new Float64Array(first.length);
    for (let row = 0; row < scores.length; row++) {
      scores[row] = ((1 - (first[row] as number)) * classes) / (classes - 1);
    }
    return { scores: inReferenceOrder(scores, parameters), suspect };
  },
});
