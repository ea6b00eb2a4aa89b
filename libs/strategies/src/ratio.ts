// Ratio of the two highest probabilities: p(2) / p(1). The highest is at least 1 / C, so the ratio is finite.

import { byScore } from './define.js';
import { inReferenceOrder, referenceFaults } from './reference-faults.js';
import { scoreRows, topTwo } from './uncertainty.js';

export const ratio = byScore(
  {
    name: 'ratio',
    summary: 'the samples whose second class is most nearly as likely as the first',
    signals: ['probabilities'],
    labelledSignals: [],
    parameters: [referenceFaults],
    source: {
      paper: 'Monarch, Human-in-the-Loop Machine Learning, 2021',
      reference: '',
      equation: 'p(2) / p(1), p(1) ≥ p(2) the two highest (chapter 3)',
    },
    cost: 'O(N C)',
    semantics: 1,
  },
  (pool, parameters) => {
    const scores = scoreRows(pool.signal('probabilities'), (data, offset, classes) => {
      const [first, second] = topTwo(data, offset, classes);
      return second / first;
    });
    return inReferenceOrder(scores, parameters);
  },
);
