// BALD: the information a label would give about the model, H(q̄) - mean_t H(q_t) in nats over Monte-Carlo passes.

import { byScore } from './define.js';
import { monteCarloEntropy } from './uncertainty.js';

export const bald = byScore(
  {
    name: 'bald',
    summary: 'the samples on which the Monte-Carlo passes disagree most',
    signals: ['monteCarlo'],
    labelledSignals: [],
    parameters: [],
    source: {
      paper:
        'Houlsby et al., Bayesian Active Learning, 2011; Gal, Islam and Ghahramani, Deep Bayesian Active Learning, 2017',
      reference: 'arXiv 1112.5745, 1703.02910',
      equation: 'H(q̄) - mean_t H(q_t), q̄ the mean over passes (equation 2 of 1112.5745)',
    },
    cost: 'O(T N C)',
    semantics: 1,
  },
  (pool) => {
    const { ofMean, meanOf } = monteCarloEntropy(pool.signal('monteCarlo'));
    // Never negative in exact arithmetic; rounding must not order samples on which all passes agree.
    return ofMean.map((total, row) => Math.max(0, total - (meanOf[row] as number)));
  },
);
