// Least confidence, scaled so that 1 is the uniform distribution: (1 - max p) · C / (C - 1).

import { byScore } from './define.js';
import { inReferenceOrder, referenceFaults } from './reference-faults.js';
import { scoreRows, topTwo } from './uncertainty.js';

export const leastConfidence = byScore(
  {
    name: 'least_confidence',
    summary: 'the samples whose most likely class is least likely',
    signals: ['probabilities'],
    labelledSignals: [],
    parameters: [referenceFaults],
    source: {
      paper: 'Lewis and Gale, A sequential algorithm for training text classifiers, 1994',
      reference: 'arXiv cmp-lg/9407020',
      equation: '(1 - max p) · C / (C - 1)',
    },
    cost: 'O(N C)',
    semantics: 1,
  },
  (pool, parameters) => {
    const scores = scoreRows(pool.signal('probabilities'), (data, offset, classes) => {
      const [highest] = topTwo(data, offset, classes);
      return ((1 - highest) * classes) / (classes - 1);
    });
    return inReferenceOrder(scores, parameters);
  },
);
