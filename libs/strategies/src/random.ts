// The baseline: uniform without replacement, whatever the model says.

import { byScore } from './define.js';

export const random = byScore(
  {
    name: 'random',
    summary: 'uniform without replacement: the baseline every other strategy is measured against',
    signals: [],
    labelledSignals: [],
    parameters: [],
    source: { paper: 'baseline', reference: '', equation: 'every k-subset of the pool is equally likely' },
    cost: 'O(N)',
    semantics: 2,
  },
  // The k highest of one uniform draw per id: a larger k continues a smaller one's picks.
  ({ ids }, _parameters, draws) => Float64Array.from(ids, (id) => draws.uniform(id)),
);
