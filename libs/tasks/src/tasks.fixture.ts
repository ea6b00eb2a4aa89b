// Small tasks of each kind, and handlers of which each reads what the one before it wrote: fit, infer, select.

import { AppError, namedRandom, ndarray } from '@alarena/core';
import { blobKey, getArray, type ObjectStore, putArray } from '@alarena/store';
import type { TaskContext, TaskHandler } from './execute.js';
import { anyNumerics } from './numerics.js';
import { readingFrom } from './producer.js';
import { getResult } from './results.js';
import {
  type FitInputs,
  type FitResult,
  type InferResult,
  type SelectResult,
  shardsOf,
  type Task,
} from './task.js';
import { semantics, taskKey } from './task-key.js';

export const numerics = 'cpu-test';
const someIds = { sha256: 'a'.repeat(64), count: 20 };

export function fitTask(seed = 0): Task<'fit'> {
  const inputs: FitInputs = {
    dataset: 'd'.repeat(64),
    model: { architecture: 'bayesian-cnn', dropout: 0.5 },
    training: {
      epochs: 50,
      batchSize: 64,
      optimizer: { name: 'adam' },
      learningRate: 0.001,
      patience: 5,
      minStepsPerEpoch: 20,
    },
    seed,
    labelled: someIds,
    validation: { sha256: 'b'.repeat(64), count: 100 },
    test: { sha256: 'c'.repeat(64), count: 1000 },
  };
  return { kind: 'fit', semantics: semantics.fit, numerics, inputs };
}

export function inferTask(fit = taskKey(fitTask()), monteCarloPasses = 0): Task<'infer'> {
  const inputs = {
    fit,
    samples: someIds,
    probabilities: true,
    layers: ['a2', 'z'] as const,
    monteCarloPasses,
  };
  return { kind: 'infer', semantics: semantics.infer, numerics, inputs };
}

export function selectTask(poolSignals = taskKey(inferTask()), entry = 'margin'): Task<'select'> {
  return {
    kind: 'select',
    semantics: 1,
    numerics: anyNumerics,
    inputs: {
      strategy: 'margin',
      parameters: {},
      k: 3,
      seed: 0,
      round: 0,
      entry,
      pool: someIds,
      labelled: { sha256: 'e'.repeat(64), count: 2 },
      poolSignals,
      labelledSignals: null,
    },
  };
}

const metrics = { loss: 1, accuracy: 0.5, macroF1: 0.5 };

/** `variant` stands for what makes a computation come out differently though its inputs are equal. */
export function fitHandler(store: ObjectStore, variant = 0): TaskHandler<'fit'> {
  return async ({ seed }, { rewriteBlobs }): Promise<FitResult> => {
    const data = Float32Array.of(seed, variant, 2);
    const array = await putArray(store, ndarray('float32', [3], data), { rewrite: rewriteBlobs });
    return {
      weights: [{ name: 'w', array }],
      history: [],
      bestEpoch: 1,
      training: metrics,
      validation: null,
      test: metrics,
    };
  };
}

export function inferHandler(store: ObjectStore, variant = 0): TaskHandler<'infer'> {
  return async ({ fit, samples }, { rewriteBlobs }): Promise<InferResult> => {
    const { result } = await getResult(store, 'fit', fit);
    const weights = await readingFrom({ kind: 'fit', key: fit }, () =>
      getArray(store, result.weights[0]!.array),
    );
    const random = namedRandom(...weights.data, variant);
    const data = Float32Array.from({ length: samples.count }, () => random.uniform());
    const probabilities = await putArray(store, ndarray('float32', [samples.count, 1], data), {
      rewrite: rewriteBlobs,
    });
    return { probabilities, monteCarlo: null, layers: {} };
  };
}

export function selectHandler(store: ObjectStore): TaskHandler<'select'> {
  return async ({ poolSignals, k }): Promise<SelectResult> => {
    const key = poolSignals ?? '';
    const { result } = await getResult(store, 'infer', key);
    const [ref] = shardsOf(result.probabilities);
    if (ref === undefined) throw new AppError('failed-precondition', 'no probabilities');
    const { data } = await readingFrom({ kind: 'infer', key }, () => getArray(store, ref));
    const ids = Array.from(data.keys()).sort((a, b) => data[b]! - data[a]!);
    return { ids: ids.slice(0, k), scores: ids.slice(0, k).map((id) => data[id]!), notes: [] };
  };
}

/** The same number of other bytes under the blob's name. */
export async function corruptBlob(store: ObjectStore, digest: string, sizeBytes: number): Promise<void> {
  await store.put(blobKey(digest), new Uint8Array(sizeBytes).fill(0xee));
}

/** Waits as a long computation does, and stops when its worker does. */
export function untilAborted({ signal }: TaskContext): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason));
  });
}
