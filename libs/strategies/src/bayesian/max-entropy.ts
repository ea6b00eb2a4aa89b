// Entropy of the mean over Monte-Carlo passes, H(q̄) in nats.

import { entropies } from '../algorithms/entropies.js';
import { scoreMeans } from '../algorithms/monte-carlo.js';
import { byScore } from '../define.js';

export const maxEntropy = byScore(
  {
    name: 'max_entropy',
    summary: 'the samples whose mean distribution over the Monte-Carlo passes has the highest entropy',
    signals: ['monteCarlo'],
    labelledSignals: [],
    parameters: [],
    source: {
      paper: 'Gal, Islam and Ghahramani, Deep Bayesian Active Learning, 2017',
      reference: 'arXiv 1703.02910',
      equation: 'H(q̄), q̄ the mean over passes (section 4)',
    },
    cost: 'O(T N C)',
    semantics: 2,
  },
  (part) => scoreMeans(part.signal('monteCarlo'), entropies),
);
