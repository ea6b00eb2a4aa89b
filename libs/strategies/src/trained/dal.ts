// Discriminative active learning: a head learns to tell unlabelled samples from labelled ones; what it is surest of is
// least like anything labelled. Picks of a sub-batch count as labelled for the next.

import { AppError, type NdArray, type Random, shuffle } from '@alarena/core';
import { logistic } from '../algorithms/logistic.js';
import { procedure } from '../define.js';
import { idsInOrder, rowsAtPositions, rowsById, stacked } from '../diversity/by-id.js';
import type { TrainingRecord } from '../strategy.js';
import { TopK } from '../top-k.js';
import { headOptions, headParameters } from './head-options.js';
import { type Examples, LEAST_OF_A_CLASS, trainHead } from './train-head.js';

export const dal = procedure(
  {
    name: 'dal',
    summary:
      'the samples that a head, trained to tell unlabelled from labelled ones, finds most unlabelled-like',
    signals: ['a1'],
    labelledSignals: ['a1'],
    parameters: [
      {
        ...{ name: 'sub_batches', type: 'integer', default: 10, min: 1 },
        summary:
          'parts of the query (at most k): picks of one count as labelled for the next, with a head of its own',
      },
      ...headParameters,
    ],
    source: {
      paper: 'Gissin and Shalev-Shwartz, Discriminative Active Learning, 2019',
      reference: 'arXiv 1907.06347',
      equation: 'arg max P(unlabelled | a1), trained anew for each sub-batch (algorithm 1)',
    },
    advice:
      'Like coreset it makes the labelled set cover the pool, and knows nothing of the task but a1. One sub-batch, as in the reference experiment, takes samples that are alike; each more costs a training.',
    cost: 'O(sub_batches (epochs (L + k) + N) d)',
    semantics: 1,
  },
  (pool, k, parameters, random, { progress }) => {
    if (pool.labelled.size < LEAST_OF_A_CLASS) throw tooFewLabelled(pool.labelled.size);
    const ids = idsInOrder(pool);
    const rows = rowsById(pool, pool.signal('a1'));
    const options = headOptions(parameters);
    const subBatches = Math.min(k, parameters.sub_batches as number);
    const picks: Pick[] = [];
    const history: TrainingRecord[] = [];
    const notes: string[] = [];
    let labelled = rowsById(pool.labelled, pool.labelled.signal('a1'));
    let left = Int32Array.from(ids.keys());
    for (let subBatch = 0; subBatch < subBatches; subBatch++) {
      const places = Math.floor(((subBatch + 1) * k) / subBatches) - picks.length;
      if (left.length < LEAST_OF_A_CLASS) {
        for (const row of left) picks.push({ row, score: 0 });
        notes.push(
          'the last sample of the pool is picked without a training: nothing is left to tell it from',
        );
        break;
      }
      const examples = balanced(labelled, rows, left, random);
      const head = trainHead(examples, options, random, (fraction) =>
        progress((subBatch + fraction) / subBatches),
      );
      for (const { epoch, ...record } of head.history) {
        history.push({ epoch: subBatch * options.epochs + epoch, ...record });
      }
      const best = highest(head.logits(rows.data, left), left, places);
      for (const pick of best) picks.push(pick);
      const taken = Int32Array.from(best, ({ row }) => row);
      labelled = stacked(labelled, rowsAtPositions(rows, taken));
      const picked = new Set(taken);
      left = left.filter((row) => !picked.has(row));
    }
    return {
      ids: picks.map(({ row }) => ids[row] as number),
      scores: picks.map(({ score }) => score),
      ...{ notes, history },
    };
  },
);

interface Pick {
  /** Place of the sample in the pool by ascending id. */
  readonly row: number;
  /** P(unlabelled), by the head of its sub-batch. */
  readonly score: number;
}

/** By logits: probabilities near 1 are equal long before those are. Ties by lower row, that is by lower id. */
function highest(logits: Float64Array, rows: Int32Array, count: number): Pick[] {
  const best = new TopK(count);
  best.offer(logits, rows);
  const { ids, scores } = best.result();
  return Array.from(ids, (row, at) => ({ row, score: logistic(scores[at] as number) }));
}

/** All of the smaller set and as many of the larger, drawn uniformly: labelled ones first, targets 0. */
function balanced(
  labelled: NdArray<'float32'>,
  pool: NdArray<'float32'>,
  left: Int32Array,
  random: Random,
): Examples {
  const known = Int32Array.from({ length: labelled.shape[0] ?? 0 }, (_, row) => row);
  const count = Math.min(known.length, left.length);
  const rows = stacked(
    rowsAtPositions(labelled, drawn(known, count, random)),
    rowsAtPositions(pool, drawn(left, count, random)),
  );
  return { rows, targets: new Uint8Array(2 * count).fill(1, count) };
}

function drawn(rows: Int32Array, count: number, random: Random): Int32Array {
  if (count === rows.length) return rows;
  return shuffle(rows.slice(), random).subarray(0, count).sort();
}

function tooFewLabelled(size: number): AppError {
  const description = `dal learns what is labelled from some samples and holds others back: at least ${LEAST_OF_A_CLASS} must be labelled, got ${size}`;
  return AppError.invalid('dal cannot pick:', [{ field: 'labelled', description }]);
}
