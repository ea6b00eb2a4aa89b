// Core-set selection as k-center greedy: again and again the pool sample farthest (L2 on z, N x d) from its nearest
// centre, the labelled samples being the first centres.

import { procedure } from '../define.js';
import { greedyCenters } from './greedy-centers.js';

export const coreset = procedure(
  {
    name: 'coreset',
    summary: 'greedy k-center: each pick is the sample farthest from all labelled and picked ones',
    signals: ['z'],
    labelledSignals: ['z'],
    parameters: [],
    source: {
      paper:
        'Sener and Savarese, Active Learning for Convolutional Neural Networks: A Core-Set Approach, 2018',
      reference: 'arXiv 1708.00489',
      equation: 'argmax_i min_{j ∈ L ∪ picked} ‖z_i - z_j‖ (algorithm 1)',
    },
    advice:
      'Distances alone decide, so outliers are picked early; good features matter more than anything else.',
    cost: 'O(N (L + k) d)',
    semantics: 1,
  },
  (pool, k, _parameters, _random, tools) => greedyCenters(pool, 'z', k, tools),
);
