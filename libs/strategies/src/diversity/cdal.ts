// Contextual diversity by core-set: k-center greedy on what the model predicts instead of on features, so that samples
// differ in what they are confused with.

import { procedure } from '../define.js';
import { greedyCenters } from './greedy-centers.js';

export const cdal = procedure(
  {
    name: 'cdal',
    summary: 'greedy k-center on predictions: each pick is predicted unlike all labelled and picked ones',
    signals: ['probabilities'],
    labelledSignals: ['probabilities'],
    parameters: [],
    source: {
      paper: 'Agarwal et al., Contextual Diversity for Active Learning, 2020',
      reference: 'arXiv 2008.05723',
      equation: 'argmax_i min_{j ∈ L ∪ picked} ‖p_i - p_j‖ (CDAL-CS, section 3.2)',
    },
    cost: 'O(N (L + k) C)',
    semantics: 1,
  },
  (pool, k, _parameters, _random, tools) => greedyCenters(pool, 'probabilities', k, tools),
);
