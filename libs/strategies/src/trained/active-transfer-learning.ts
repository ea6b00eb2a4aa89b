// Active transfer learning: a head learns on the validation set where the model is wrong, and says it of the pool.

import { counterRandom } from '@alarena/core';
import { logistic } from '../algorithms/logistic.js';
import type { KnownSamples } from '../check-known.js';
import { procedure, selectionOf } from '../define.js';
import { argmax } from '../diversity/argmax.js';
import { idsInOrder, rowsById } from '../diversity/by-id.js';
import { TopK } from '../top-k.js';
import { headOptions, headParameters } from './head-options.js';
import { LEAST_OF_A_CLASS, trainHead } from './train-head.js';

export const activeTransferLearning = procedure(
  {
    name: 'active_transfer_learning',
    summary:
      'the samples that a head, trained on where the model errs in the validation set, expects it to get wrong',
    signals: ['a1'],
    labelledSignals: [],
    validationSignals: ['a1', 'probabilities', 'labels'],
    parameters: headParameters,
    source: {
      paper: 'Monarch, Human-in-the-Loop Machine Learning, 2021',
      reference: '',
      equation:
        'P(wrong), of batch norm, ReLU, dropout and a linear layer on a1, trained on 80 % of the validation set, best epoch on the other 20 % (chapter 5)',
    },
    advice:
      'It learns from the errors in the validation set, so it needs some: with fewer than two samples that the model gets wrong (or right) it picks at random and says so. Both kinds count the same in its training, so P(wrong) tells which samples are worse, not how many are wrong. The validation labels steer the picks: do not report results on them.',
    cost: 'O((epochs · validation samples + N) d)',
    semantics: 1,
  },
  (pool, k, parameters, random, { progress }) => {
    const ids = idsInOrder(pool);
    const best = new TopK(k);
    const { validation } = pool;
    const targets = errorsOf(validation);
    const wrong = targets.reduce((sum, target) => sum + target, 0);
    if (Math.min(wrong, targets.length - wrong) < LEAST_OF_A_CLASS) {
      const draws = counterRandom(random);
      best.offer(
        Float64Array.from(ids, (id) => draws.uniform(id)),
        ids,
      );
      const note = `the model gets ${wrong} of ${targets.length} validation samples wrong, and a head needs ${LEAST_OF_A_CLASS} wrong and ${LEAST_OF_A_CLASS} right ones to learn from: picked at random`;
      return {
        ids: Array.from(best.result().ids),
        scores: Array.from({ length: k }, () => 0),
        notes: [note],
      };
    }
    const examples = { rows: rowsById(validation, validation.signal('a1')), targets };
    const { logits, history } = trainHead(examples, headOptions(parameters), random, progress);
    // By logits: probabilities near 1 are equal long before those are.
    best.offer(logits(pool.signal('a1').data, pool.order), ids);
    const { scores, ...selection } = selectionOf(best.result());
    return { ...selection, scores: scores.map(logistic), history };
  },
);

/** Of each validation sample, by ascending id: 1 where the model's class is not the label. */
function errorsOf(validation: KnownSamples): Uint8Array {
  const { data, shape } = validation.signal('probabilities');
  const classes = shape[1] ?? 0;
  const labels = validation.labels();
  return Uint8Array.from(validation.order, (position) =>
    Number(argmax(data, position * classes, classes) !== labels[position]),
  );
}
