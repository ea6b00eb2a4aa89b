// Measuring a model on a set of samples, in pieces of a fixed size: the same samples give the same bits.

import { AppError, accuracy, type Metrics, macroF1, sizeOf } from '@alarena/core';
import type { Batch, Model } from '../model.js';

/** Samples of one inference call. Part of the results' semantics: other sizes may change last bits. */
export const inferenceBatch = 500;

/**
 * Throws a RangeError on an empty set: it has no metrics. Weights that give no finite loss are of no use to anybody:
 * `TRAINING_DIVERGED`. A fit that ends with such a step would go unnoticed otherwise.
 */
export function measure(model: Model, set: Batch): Metrics {
  const samples = set.labels.length;
  if (samples === 0) throw new RangeError('an empty set of samples has no metrics');
  const rowLength = sizeOf(model.spec.sampleShape);
  const predicted = new Int32Array(samples);
  let loss = 0;
  for (let start = 0; start < samples; start += inferenceBatch) {
    const end = Math.min(start + inferenceBatch, samples);
    const piece = model.evaluate({
      images: set.images.subarray(start * rowLength, end * rowLength),
      labels: set.labels.subarray(start, end),
    });
    predicted.set(piece.predicted, start);
    loss += piece.loss * (end - start);
  }
  if (!Number.isFinite(loss)) {
    throw new AppError(
      'failed-precondition',
      'training diverged: the measured loss is no finite number; try a lower learning rate',
      { reason: 'TRAINING_DIVERGED' },
    );
  }
  return {
    loss: loss / samples,
    accuracy: accuracy(predicted, set.labels),
    macroF1: macroF1(predicted, set.labels, model.spec.classes),
  };
}
