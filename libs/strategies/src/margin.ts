// Margin: 1 - (p(1) - p(2)), the two highest probabilities of a sample.

import { byScore } from './define.js';
import { scoreRows, topTwo } from './uncertainty.js';

export const margin = byScore(
  {
    name: 'margin',
    summary: 'the samples whose two most likely classes are nearest to each other',
    signals: ['probabilities'],
    labelledSignals: [],
    parameters: [],
    source: {
      paper: 'Scheffer, Decomain and Wrobel, Active hidden Markov models for information extraction, 2001',
      reference: 'doi 10.1007/3-540-44816-0_31',
      equation: '1 - (p(1) - p(2)), p(1) ≥ p(2) the two highest',
    },
    cost: 'O(N C)',
    semantics: 1,
  },
  (pool) =>
    scoreRows(pool.signal('probabilities'), (data, offset, classes) => {
      const [first, second] = topTwo(data, offset, classes);
      return 1 - (first - second);
    }),
);
