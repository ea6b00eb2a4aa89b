// What a strategy is: a pure function from signals about a pool to an ordered query, and a descriptor from which
// help texts, tables and the checks before a comparison are made. A strategy never sees labels of the pool.

import type { NdArray, Random } from '@alarena/core';
import type { ParameterDefinition, Parameters } from './parameters.js';
import type { Tools } from './tools.js';
import type { Ranking } from './top-k.js';

/**
 * Outputs of a layer, dropout off (N x width): `z` backbone features, `a0` `a1` `a2` the head's layers, `h` what goes
 * into the last linear layer.
 */
export type LayerSignal = 'z' | 'a0' | 'a1' | 'a2' | 'h';

/** What a strategy may ask of a model: `probabilities` (N x C), `monteCarlo` (T x N x C) or a layer. */
export type Signal = 'probabilities' | 'monteCarlo' | LayerSignal;

/** What may be asked about samples whose labels are known: the labelled set and the validation set. */
export type KnownSignal = 'probabilities' | 'labels' | LayerSignal;

export interface Source {
  /** Authors, title, year; or what it is, where no paper is the source. */
  readonly paper: string;
  /** arXiv identifier or DOI; an empty string where there is none. */
  readonly reference: string;
  /** The formula or the procedure, and where in the paper it stands. */
  readonly equation: string;
}

export interface StrategyDescriptor {
  /** The name in specs: lower snake case, never renamed. */
  readonly name: string;
  /** One line, without a full stop. */
  readonly summary: string;
  /** What it needs to know of every pool sample. */
  readonly signals: readonly Signal[];
  /** What it needs to know of every labelled sample. */
  readonly labelledSignals: readonly KnownSignal[];
  /** What it needs to know of every validation sample. Default: nothing. */
  readonly validationSignals?: readonly KnownSignal[];
  /** Whether it needs the weights of the model's last linear layer. */
  readonly classifier?: true;
  /** Fewer Monte-Carlo passes are refused. Default: 1. */
  readonly leastPasses?: number;
  readonly parameters: readonly ParameterDefinition[];
  readonly source: Source;
  /** When to prefer it, and what to know of it: whole sentences. Default: what its family says. */
  readonly advice?: string;
  /** Time in N (pool), C (classes), T (passes), d (width), L (labelled), k (picked). */
  readonly cost: string;
  /** Part of every result's key: raised whenever the same input may give another output. */
  readonly semantics: number;
}

/** The unlabelled samples and what the model says of them, all arrays in the order of `ids`, which is free. */
export interface PoolView {
  readonly ids: Int32Array;
  readonly signals: { readonly [S in Signal]?: NdArray<'float32'> };
  /** Needed where `labelledSignals` is not empty; empty `ids` say that nothing is labelled yet. */
  readonly labelled?: KnownView;
  /** Needed where `validationSignals` is not empty. */
  readonly validation?: KnownView;
  /** Weights and bias of the last linear layer on `h`: C x (width + 1), the bias last. */
  readonly classifier?: NdArray<'float32'>;
}

/** Samples whose labels are known. */
export interface KnownView {
  readonly ids: Int32Array;
  readonly signals: { readonly [S in Exclude<KnownSignal, 'labels'>]?: NdArray<'float32'> };
  /** Class of each sample, in [0, C). */
  readonly labels?: Int32Array;
}

export interface Selection {
  /** Exactly k distinct ids of the pool, the one to label first in front. */
  readonly ids: readonly number[];
  /** One finite number per picked id, in the strategy's own unit; 0 where a strategy has no score. */
  readonly scores: readonly number[];
  /** What a reader of the result should know, e.g. that a fallback was taken. Usually empty. */
  readonly notes: readonly string[];
  /** Of strategies that train: one entry an epoch. */
  readonly history?: readonly TrainingRecord[];
}

export interface TrainingRecord {
  readonly epoch: number;
  /** Mean loss over the training part, in nats. */
  readonly loss: number;
  /** On the part held back, in [0, 1]. */
  readonly accuracy: number;
}

export interface Strategy {
  readonly descriptor: StrategyDescriptor;
  /**
   * Picks k of the pool. The result does not depend on the order of `pool.ids`. `parameters` come from
   * `parseParameters`; `random` is named by (comparison seed, round, 'pick', the strategy entry's name).
   * Throws an AppError `invalid-argument` for a k outside 1..N, a missing signal or a value no model gives.
   */
  select(pool: PoolView, k: number, parameters: Parameters, random: Random, tools?: Tools): Selection;
  /** Only of strategies that pick the k highest of a score of each sample by itself; what combinators build on. */
  readonly scorer?: (parameters: Parameters, random: Random) => Scorer;
  /** Only of strategies that look at each sample by itself: large pools go by in parts. */
  readonly byParts?: ByParts;
}

/** Some samples of the pool and what the model says of them, in the order of `ids`. */
export type PoolPart = Pick<PoolView, 'ids' | 'signals'>;

/**
 * The scores of a part, whichever part it is: scorers made with equal parameters and equally named generators agree,
 * in whatever thread they are. The k highest of all parts, ties by lower id (`TopK`), are what `select` picks of the
 * whole. Throws as `select` does.
 */
export type Scorer = (part: PoolPart) => Float64Array;

/** What `select` picks of a pool whose parts go by once, in one thread or several. Memory: the largest part and k. */
export interface ByParts {
  /** With equal parameters and equally named generators threads agree. */
  ranking(k: number, parameters: Parameters, random: Random): PartRanking;
  /** The k to pick, from rankings of all parts, however these were divided among them. */
  merged(rankings: Iterable<Ranking>, k: number, parameters: Parameters): Ranking;
}

/** The best of the parts that it has been offered, in any order and of any sizes; no id may be in two of them. */
export interface PartRanking {
  /** Throws as the strategy's `select` does. */
  offer(part: PoolPart): void;
  result(): Ranking;
}
