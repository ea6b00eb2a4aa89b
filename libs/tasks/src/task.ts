// The four kinds of task: what goes in, what comes out. Inputs are canonical JSON, so that equal work has an equal
// name; long lists of ids go in by the digest of the stored list.

import type { Metrics } from '@alarena/core';
import type { ArrayRef } from '@alarena/store';
import type { IdsRef } from './id-list.js';

export const taskKinds = ['embed', 'fit', 'infer', 'select'] as const;
export type TaskKind = (typeof taskKinds)[number];

export type Layer = 'z' | 'a0' | 'a1' | 'a2' | 'h';

export interface FitInputs {
  /** Digest of the data set. */
  readonly dataset: string;
  readonly model: {
    readonly architecture: string;
    /** null: a model without dropout. */
    readonly dropout: number | null;
  };
  readonly training: {
    readonly epochs: number;
    readonly batchSize: number;
    readonly optimizer:
      | { readonly name: 'adam' }
      | { readonly name: 'sgd'; readonly momentum: number; readonly weightDecay: number };
    readonly learningRate: number;
    /** null: no early stopping. */
    readonly patience: number | null;
    readonly minStepsPerEpoch: number;
  };
  /** Names initial weights, order of samples and dropout. */
  readonly seed: number;
  readonly labelled: IdsRef;
  readonly validation: IdsRef;
  readonly test: IdsRef;
}

export interface EpochResult {
  readonly epoch: number;
  readonly steps: number;
  readonly trainingLoss: number;
  readonly validation: Metrics | null;
}

export interface FitResult {
  readonly weights: readonly { readonly name: string; readonly array: ArrayRef }[];
  readonly history: readonly EpochResult[];
  readonly bestEpoch: number;
  readonly training: Metrics;
  /** null without validation samples. */
  readonly validation: Metrics | null;
  readonly test: Metrics;
}

export interface InferInputs {
  /** Key of the fit. */
  readonly fit: string;
  readonly samples: IdsRef;
  readonly probabilities: boolean;
  /** Ascending by name. */
  readonly layers: readonly Layer[];
  /** Passes T of Monte-Carlo probabilities; 0: none. */
  readonly monteCarloPasses: number;
  /** Only of samples that the fit was shown the labels of: its labelled and its validation set. */
  readonly labels?: true;
  /** The weights of the last linear layer. */
  readonly classifier?: true;
}

/**
 * An array with a row (a column of each pass, of Monte-Carlo passes) for each sample, in ascending order of id: one blob,
 * or, where it is large, shards in that order. All arrays of a result are cut at the same samples.
 */
export type SampleArray = ArrayRef | readonly ArrayRef[];

/** None of what was not asked for. */
export function shardsOf(array: SampleArray | null | undefined): readonly ArrayRef[] {
  if (array === null || array === undefined) return [];
  return 'uri' in array ? [array] : array;
}

export interface InferResult {
  /** N x C. */
  readonly probabilities: SampleArray | null;
  /** T x N x C. */
  readonly monteCarlo: SampleArray | null;
  /** N x width. */
  readonly layers: { readonly [L in Layer]?: SampleArray };
  /** int32, N, in ascending order of id. */
  readonly labels?: ArrayRef;
  /** C x (width of `h` + 1), the bias last. */
  readonly classifier?: ArrayRef;
}

export interface EmbedInputs {
  /** Key of the fit whose backbone is used. */
  readonly fit: string;
  readonly samples: IdsRef;
}

export interface EmbedResult {
  /** N x F, rows in ascending order of id. */
  readonly features: ArrayRef;
}

export interface SelectInputs {
  readonly strategy: string;
  /** All parameters, defaults filled in. */
  readonly parameters: { readonly [name: string]: number | boolean | string };
  readonly k: number;
  /** Seed, round and entry name the draws. */
  readonly seed: number;
  readonly round: number;
  readonly entry: string;
  readonly pool: IdsRef;
  readonly labelled: IdsRef;
  /** Key of the infer task with the pool's signals; null for a strategy that needs none. */
  readonly poolSignals: string | null;
  /** Key of the infer task with the labelled set's signals, where the strategy needs them. */
  readonly labelledSignals: string | null;
  /** Samples of the fit's validation set, where the strategy learns from them, and the infer task with their signals. */
  readonly validation?: IdsRef;
  readonly validationSignals?: string;
}

export interface SelectResult {
  /** Best first. */
  readonly ids: readonly number[];
  readonly scores: readonly number[];
  readonly notes: readonly string[];
  /** Of strategies that train: one entry an epoch. */
  readonly history?: readonly SelectEpoch[];
}

export interface SelectEpoch {
  readonly epoch: number;
  /** Mean over the training part, nats. */
  readonly loss: number;
  /** On the part held back. */
  readonly accuracy: number;
}

interface Kinds {
  embed: { inputs: EmbedInputs; result: EmbedResult };
  fit: { inputs: FitInputs; result: FitResult };
  infer: { inputs: InferInputs; result: InferResult };
  select: { inputs: SelectInputs; result: SelectResult };
}
export type InputsOf<K extends TaskKind> = Kinds[K]['inputs'];
export type ResultOf<K extends TaskKind> = Kinds[K]['result'];

/** All that names a piece of work. */
export interface Task<K extends TaskKind = TaskKind> {
  readonly kind: K;
  /** Raised whenever the same inputs may give another result; of the strategy for `select`. */
  readonly semantics: number;
  /** Name of the numerics profile that computes it; `any` where nothing but integers and doubles in JavaScript count. */
  readonly numerics: string;
  readonly inputs: InputsOf<K>;
}
