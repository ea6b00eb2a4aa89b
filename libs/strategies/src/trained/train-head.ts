// Trains a head to tell two classes apart: on 80 % of each class, keeping the epoch that is best on the other 20 %.

import { type NdArray, type Random, shuffle } from '@alarena/core';
import { softplus } from '../algorithms/logistic.js';
import type { TrainingRecord } from '../strategy.js';
import { Adam } from './adam.js';
import { type Batch, BatchLoss, type HeadWeights, initialWeights, logitsOf } from './binary-head.js';
import { type ColumnMoments, columnMoments } from './column-moments.js';
import type { HeadOptions } from './head-options.js';

/** Of each class: one to learn from, one to hold back. */
export const LEAST_OF_A_CLASS = 2;
const HELD_BACK = 0.2;

/** Samples of two classes, `LEAST_OF_A_CLASS` of each at least, in an order that no caller chose. */
export interface Examples {
  /** n x d. */
  readonly rows: NdArray<'float32'>;
  /** Of each row: 1 for the class whose logit is asked for, or 0. */
  readonly targets: Uint8Array;
}

export interface TrainedHead {
  /** Logits of the class 1 for rows of a row-major matrix as wide as the examples. */
  readonly logits: (data: Float32Array, rows: Int32Array) => Float64Array;
  /** Losses and accuracies count both classes alike, however many samples each has. */
  readonly history: readonly TrainingRecord[];
}

/**
 * Both classes weigh the same in the loss, so that a rare one is learnt too. The best epoch is the one of the highest
 * accuracy on the part held back (mean of both classes'), of equal ones that of the lowest loss there, of equal ones the
 * first. Draws from `random`: the two parts, the first weights, the order of the samples and what is dropped.
 */
export function trainHead(
  { rows: { data, shape }, targets }: Examples,
  options: HeadOptions,
  random: Random,
  progress: (fraction: number) => void,
): TrainedHead {
  const width = shape[1] ?? 0;
  const { training, heldBack } = split(targets, random);
  const moments = columnMoments(data, width, training);
  const weights = initialWeights(width, random);
  const epochOf = stepper(
    { data, targets, training, classWeights: classWeights(targets, training), width },
    options,
    random,
  );
  const history: TrainingRecord[] = [];
  let best = { accuracy: -1, loss: Number.POSITIVE_INFINITY, weights };
  for (let epoch = 1; epoch <= options.epochs; epoch++) {
    const loss = epochOf(weights);
    const found = evaluated(weights, moments, data, targets, heldBack);
    const better =
      found.accuracy > best.accuracy || (found.accuracy === best.accuracy && found.loss < best.loss);
    if (better) best = { ...found, weights: weights.slice() };
    history.push({ epoch, loss, accuracy: found.accuracy });
    progress(epoch / options.epochs);
  }
  return { logits: (rowsOf, rows) => logitsOf(best.weights, moments, rowsOf, rows), history };
}

/** A fifth of each class, at least one, is held back; each part ascending. */
function split(targets: Uint8Array, random: Random): { training: Int32Array; heldBack: Int32Array } {
  const training: number[] = [];
  const heldBack: number[] = [];
  for (const target of [0, 1]) {
    const own = shuffle(
      Int32Array.from(targets.keys()).filter((row) => targets[row] === target),
      random,
    );
    const held = Math.max(1, Math.round(HELD_BACK * own.length));
    own.forEach((row, at) => {
      (at < held ? heldBack : training).push(row);
    });
  }
  return { training: Int32Array.from(training).sort(), heldBack: Int32Array.from(heldBack).sort() };
}

/** Their mean over these rows is 1, and both classes have the same sum. */
function classWeights(targets: Uint8Array, rows: Int32Array): [number, number] {
  let ones = 0;
  for (const row of rows) ones += targets[row] as number;
  return [rows.length / (2 * (rows.length - ones)), rows.length / (2 * ones)];
}

interface TrainingPart extends Pick<Batch, 'data' | 'targets' | 'classWeights'> {
  readonly training: Int32Array;
  readonly width: number;
}

/** Changes weights by one epoch and returns the mean loss of its steps. */
function stepper(
  { training, width, ...samples }: TrainingPart,
  { batchSize, leastSteps, learningRate, dropout }: HeadOptions,
  random: Random,
): (weights: HeadWeights) => number {
  // Batches as even as can be: the last one would else be of any size, and batch norm wants more than one sample.
  const steps = Math.ceil(training.length / batchSize);
  const passes = Math.ceil(leastSteps / steps);
  const mostRows = Math.ceil(training.length / steps);
  const batchLoss = new BatchLoss(width, mostRows);
  const keep = new Uint8Array(mostRows * width).fill(1);
  const gradient = new Float64Array(3 * width + 1);
  const adam = new Adam(gradient.length, learningRate);
  const dropBelow = dropout * 2 ** 32;
  return (weights) => {
    let sum = 0;
    for (let pass = 0; pass < passes; pass++) {
      const order = shuffle(training.slice(), random);
      for (let step = 0; step < steps; step++) {
        const [from, to] = [step, step + 1].map((at) => Math.floor((at * order.length) / steps));
        const rows = order.subarray(from, to);
        if (dropout > 0) {
          const units = rows.length * width;
          for (let at = 0; at < units; at++) keep[at] = Number(random.uint32() >= dropBelow);
        }
        sum += rows.length * batchLoss.of(weights, { ...samples, rows, keep, dropout }, gradient);
        adam.step(weights, gradient);
      }
    }
    return sum / (passes * training.length);
  };
}

function evaluated(
  weights: HeadWeights,
  moments: ColumnMoments,
  data: Float32Array,
  targets: Uint8Array,
  rows: Int32Array,
): { accuracy: number; loss: number } {
  const logits = logitsOf(weights, moments, data, rows);
  const [count, right, loss] = [new Float64Array(2), new Float64Array(2), new Float64Array(2)];
  rows.forEach((row, at) => {
    const target = targets[row] as 0 | 1;
    const logit = logits[at] as number;
    count[target] = (count[target] as number) + 1;
    right[target] = (right[target] as number) + Number(logit > 0 === (target === 1));
    loss[target] = (loss[target] as number) + softplus(target === 1 ? -logit : logit);
  });
  const meanOfBoth = (sums: Float64Array): number =>
    sums.reduce((mean, sum, target) => mean + sum / (count[target] as number) / 2, 0);
  return { accuracy: meanOfBoth(right), loss: meanOfBoth(loss) };
}
