// The baseline: uniform without replacement, whatever the model says.

import { procedure } from './define.js';

export const random = procedure(
  {
    name: 'random',
    summary: 'uniform without replacement: the baseline every other strategy is measured against',
    signals: [],
    labelledSignals: [],
    parameters: [],
    source: { paper: 'baseline', reference: '', equation: 'every k-subset of the pool is equally likely' },
    cost: 'O(N)',
    semantics: 1,
  },
  (pool, k, _parameters, generator) => {
    // The head of a Fisher-Yates shuffle over ascending ids: a larger k continues a smaller one's picks.
    const ids = Int32Array.from(pool.order, (position) => pool.ids[position] as number);
    for (let i = 0; i < k; i++) {
      const j = i + generator.below(ids.length - i);
      const held = ids[i] as number;
      ids[i] = ids[j] as number;
      ids[j] = held;
    }
    return { ids: Array.from(ids.subarray(0, k)), scores: new Array<number>(k).fill(0), notes: [] };
  },
);
