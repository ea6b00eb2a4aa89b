// BALD: the information a label would give about the model, H(q̄) - mean_t H(q_t) in nats over Monte-Carlo passes.

import { checkValues } from '../check-signals.js';
import { areFew, byScore } from '../define.js';
import { highestInformation } from './highest-information.js';
import { information } from './information.js';

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
    advice:
      'It asks about each sample by itself: where the pool has copies, or k is large, a query asks the same thing many times. Prefer batch_bald or power_bald then.',
    cost: 'O(T N C)',
    semantics: 2,
  },
  (part, _parameters, _draws, k) => {
    const array = part.signal('monteCarlo');
    const { gains, suspect } = areFew(k, part.size)
      ? highestInformation(array, part.ids, k)
      : information(array);
    if (suspect) checkValues('signals.monteCarlo', 'monteCarlo', array, part.ids);
    return gains;
  },
  { checksValues: true },
);
