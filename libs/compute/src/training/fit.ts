// One fit: epochs of at least so many steps, early stopping on validation macro F1, the best weights kept.

import { AppError, type Metrics, type NdArray, namedRandom, sizeOf } from '@alarena/core';
import type { Batch, Model } from '../model.js';
import { epochBatches, gatherRows } from './batches.js';
import { measure } from './evaluate.js';

export interface FitOptions {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  /** Epochs without a better validation macro F1 before the fit ends; null: all epochs run. */
  readonly patience: number | null;
  readonly minStepsPerEpoch: number;
}

export interface EpochRecord {
  /** From 1. */
  readonly epoch: number;
  /** Optimiser steps so far. */
  readonly steps: number;
  /** Mean cross entropy of the epoch's steps, nats, dropout on. */
  readonly trainingLoss: number;
  readonly validation: Metrics | null;
}

export interface FitOutcome {
  readonly history: readonly EpochRecord[];
  /** The epoch whose weights the model has now. */
  readonly bestEpoch: number;
}

/** A fit at the end of one of its steps: all that the rest of it depends on, beside its inputs. */
export interface FitState {
  /** Optimiser steps made. */
  readonly steps: number;
  /** Of the epochs that have ended. */
  readonly history: readonly EpochRecord[];
  /** Sum of the losses of the epoch under way. */
  readonly lossSum: number;
  readonly weights: Weights;
  readonly optimizer: Weights;
  readonly best: Best | undefined;
}

export interface Best {
  readonly epoch: number;
  readonly macroF1: number;
  readonly weights: Weights;
}

type Weights = ReadonlyMap<string, NdArray<'float32'>>;

/** Keeps a long fit from starting anew when its process is lost. */
export interface FitCheckpoints {
  /** Where to go on; undefined: from the beginning. */
  readonly from: FitState | undefined;
  /** Asked after each step. */
  due(): boolean;
  save(state: FitState): Promise<void>;
}

export interface FitHooks {
  readonly checkpoints?: FitCheckpoints;
  readonly onEpoch?: (record: EpochRecord) => void;
  /** Checked between epochs. */
  readonly signal?: AbortSignal;
}

/**
 * Trains `model` from fresh weights and leaves the best ones in it. All randomness (initial weights, order of
 * samples, dropout) is named by `seed`. Without validation samples all epochs run and the last weights stay.
 */
export async function fit(
  model: Model,
  data: { readonly training: Batch; readonly validation: Batch | null },
  options: FitOptions,
  seed: number,
  hooks: FitHooks = {},
): Promise<FitOutcome> {
  const { training, validation } = data;
  if (training.labels.length === 0)
    throw new AppError('invalid-argument', 'a fit needs at least one labelled sample');
  const { checkpoints } = hooks;
  const from = checkpoints?.from;
  begin(model, from, seed);
  const order = namedRandom(seed, 'order');
  const dropout = namedRandom(seed, 'dropout');
  const history: EpochRecord[] = [...(from?.history ?? [])];
  let best = from?.best;
  let steps = 0;
  for (let epoch = 1; epoch <= options.epochs; epoch++) {
    // Between epochs the process may hear a cancel, and answers its parent.
    await new Promise((resolve) => setImmediate(resolve));
    hooks.signal?.throwIfAborted();
    let lossSum = from !== undefined && epoch === from.history.length + 1 ? from.lossSum : 0;
    const stepsBefore = steps;
    for (const rows of epochBatches(
      training.labels.length,
      options.batchSize,
      options.minStepsPerEpoch,
      order,
    )) {
      const dropoutSeed = [dropout.uint32() | 0, dropout.uint32() | 0] as const;
      steps++;
      // Made before the checkpoint: only its draws are repeated.
      if (from !== undefined && steps <= from.steps) continue;
      const batch = pick(training, rows, sizeOf(model.spec.sampleShape));
      const loss = model.trainStep(batch, { learningRate: options.learningRate, dropoutSeed });
      if (!Number.isFinite(loss)) throw diverged(epoch, options.learningRate);
      lossSum += loss;
      if (checkpoints?.due()) {
        const [weights, optimizer] = [model.getWeights(), model.getOptimizerState()];
        await checkpoints.save({ steps, history: [...history], lossSum, weights, optimizer, best });
      }
    }
    if (epoch <= history.length) continue;
    const measured = validation === null ? null : measure(model, validation);
    const record = { epoch, steps, trainingLoss: lossSum / (steps - stepsBefore), validation: measured };
    history.push(record);
    hooks.onEpoch?.(record);
    if (measured === null) continue;
    if (best === undefined || measured.macroF1 > best.macroF1) {
      best = { epoch, macroF1: measured.macroF1, weights: model.getWeights() };
    } else if (options.patience !== null && epoch - best.epoch >= options.patience) break;
  }
  if (best !== undefined && best.epoch !== history.length) model.setWeights(best.weights);
  // ReLU and pooling may swallow what is no number, so that the loss does not tell.
  const kept = best?.weights ?? model.getWeights();
  if (![...kept.values()].every(areFinite)) throw diverged(history.length, options.learningRate);
  return { history, bestEpoch: best?.epoch ?? history.length };
}

function begin(model: Model, from: FitState | undefined, seed: number): void {
  if (from === undefined) {
    model.initialise(namedRandom(seed, 'weights'));
    return;
  }
  model.setWeights(from.weights);
  model.setOptimizerState(from.optimizer);
}

function pick(set: Batch, rows: Int32Array, rowLength: number): Batch {
  return {
    images: gatherRows(set.images, rowLength, rows),
    labels: Int32Array.from(rows, (row) => set.labels[row] as number),
  };
}

function areFinite({ data }: NdArray<'float32'>): boolean {
  for (const value of data) if (!Number.isFinite(value)) return false;
  return true;
}

function diverged(epoch: number, learningRate: number): AppError {
  return new AppError(
    'failed-precondition',
    `training diverged in epoch ${epoch}: loss or weights are no finite numbers; try a learning rate below ${learningRate}`,
    { reason: 'TRAINING_DIVERGED', facts: { epoch, learningRate } },
  );
}
