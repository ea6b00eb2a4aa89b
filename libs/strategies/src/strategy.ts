// What a strategy is: a pure function from signals about a pool to an ordered query, and a descriptor from which
// help texts, tables and the checks before a comparison are made. A strategy never sees labels of the pool.

import type { NdArray, Random } from '@alarena/core';
import type { ParameterDefinition, Parameters } from './parameters.js';

/** Outputs of a layer, dropout off: `z` backbone features, `a0` `a1` `a2` the head's layers (N x width). */
export type LayerSignal = 'z' | 'a0' | 'a1' | 'a2';

/** What a strategy may ask of a model: `probabilities` (N x C), `monteCarlo` (T x N x C) or a layer. */
export type Signal = 'probabilities' | 'monteCarlo' | LayerSignal;

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
  readonly labelledSignals: readonly LayerSignal[];
  readonly parameters: readonly ParameterDefinition[];
  readonly source: Source;
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
  readonly labelled?: LabelledView;
}

export interface LabelledView {
  readonly ids: Int32Array;
  readonly signals: { readonly [S in LayerSignal]?: NdArray<'float32'> };
}

export interface Selection {
  /** Exactly k distinct ids of the pool, the one to label first in front. */
  readonly ids: readonly number[];
  /** One finite number per picked id, in the strategy's own unit; 0 where a strategy has no score. */
  readonly scores: readonly number[];
  /** What a reader of the result should know, e.g. that a fallback was taken. Usually empty. */
  readonly notes: readonly string[];
}

export interface Strategy {
  readonly descriptor: StrategyDescriptor;
  /**
   * Picks k of the pool. The result does not depend on the order of `pool.ids`. `parameters` come from
   * `parseParameters`; `random` is named by (comparison seed, round, 'pick', the strategy entry's name).
   * Throws an AppError `invalid-argument` for a k outside 1..N, a missing signal or a value no model gives.
   */
  select(pool: PoolView, k: number, parameters: Parameters, random: Random): Selection;
}
