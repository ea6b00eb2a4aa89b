// Predictive entropy of the point prediction, scaled so that 1 is the uniform distribution: H(p) / log C.

import { byScore } from './define.js';
import { entropyOf, scoreRows } from './uncertainty.js';

export const entropy = byScore(
  {
    name: 'entropy',
    summary: 'the samples whose predicted class distribution has the highest entropy',
    signals: ['probabilities'],
    labelledSignals: [],
    parameters: [],
    source: {
      paper: 'Shannon, A mathematical theory of communication, 1948',
      reference: 'doi 10.1002/j.1538-7305.1948.tb01338.x',
      equation: 'H(p) / log C, H(p) = -Σ p log p',
    },
    cost: 'O(N C)',
    semantics: 1,
  },
  (pool) =>
    scoreRows(
      pool.signal('probabilities'),
      (data, offset, classes) => entropyOf(data, offset, classes) / Math.log(classes),
    ),
);
