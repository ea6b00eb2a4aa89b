// A comparison as the rest of the program sees it: checked, with every default filled in. What users write is
// described by spec-schema.ts; how one becomes the other, by validate-spec.ts.

import type { Parameters } from '@alarena/strategies';
import type { Architecture } from './architectures.js';

/** `all` stands for whatever is there: the whole pool, the whole test split, queries until the pool is empty. */
export type CountOrAll = number | 'all';

export interface ModelSpec {
  readonly architecture: Architecture;
  readonly pretrained: 'none';
  readonly freezeBackbone: false;
  /** Drop rate in (0, 1), or false for a model without dropout. */
  readonly dropout: number | false;
}

export type OptimizerSpec =
  | { readonly name: 'adam' }
  | { readonly name: 'sgd'; readonly momentum: number; readonly weightDecay: number };

export interface TrainingSpec {
  readonly epochs: number;
  readonly batchSize: number;
  readonly optimizer: OptimizerSpec;
  readonly learningRate: number;
  /** Epochs without a better validation macro F1 before a fit ends; false: all epochs run. */
  readonly earlyStopping: { readonly patience: number } | false;
  readonly minStepsPerEpoch: number;
  readonly warmStart: false;
  readonly trainOn: 'all';
}

export interface ProtocolSpec {
  /** Samples a strategy may pick from, the initial labels included. */
  readonly poolSize: CountOrAll;
  readonly initialLabels: number;
  readonly labelsPerRound: number;
  /** Queries; R queries give R + 1 measured points. */
  readonly rounds: CountOrAll;
  readonly validationSize: number;
  readonly testSize: CountOrAll;
  readonly monteCarloPasses: number;
}

export interface StrategyEntry {
  readonly name: string;
  /** All parameters of the strategy, defaults included. */
  readonly params: Parameters;
  /** The entry's name in reports; unique in the comparison. */
  readonly as: string;
}

export interface ComparisonSpec {
  readonly name: string;
  readonly dataset: string;
  readonly model: ModelSpec;
  readonly training: TrainingSpec;
  readonly protocol: ProtocolSpec;
  readonly strategies: readonly StrategyEntry[];
  /** Distinct. */
  readonly seeds: readonly number[];
}
