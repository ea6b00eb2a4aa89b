// What goes into a report (measured rounds) and what comes out of it (report.json). Accuracies and F1 are
// fractions of 1, times are seconds, sample ids are non-negative integers.

import type { Interval, Json } from '@alarena/core';

export type CellStatus = 'pending' | 'running' | 'done' | 'failed' | 'cancelled';

export interface MeasuredRound {
  readonly round: number;
  /** Size of the labelled set that was trained on. */
  readonly labels: number;
  /** On the test split. */
  readonly accuracy: number;
  /** On the test split. */
  readonly macroF1: number;
  readonly trainAccuracy: number;
  readonly validationAccuracy: number;
  readonly validationMacroF1: number;
  /** The epoch whose weights were kept. */
  readonly bestEpoch: number;
  /** What this round's query picked, best first; empty in the last round. */
  readonly picked: readonly number[];
  readonly fitKey: string;
  readonly seconds: number;
}

/** One strategy entry with one seed. */
export interface MeasuredCell {
  /** The entry's name in the spec (`as`, where given). */
  readonly strategy: string;
  readonly seed: number;
  readonly status: CellStatus;
  /** Why it failed, for people. */
  readonly error?: string;
  readonly rounds: readonly MeasuredRound[];
}

export interface ComparisonHeader {
  readonly id: string;
  readonly name: string;
  readonly key: string;
  readonly spec: Json;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly versions: Readonly<Record<string, string>>;
}

export interface ComparisonCost {
  /** Fits that were computed. */
  readonly fits: number;
  /** Fits that another cell or an earlier run had already computed. */
  readonly fitsShared: number;
  readonly deviceSeconds: number;
  readonly wallSeconds: number;
}

export interface Estimate {
  readonly mean: number;
  /** 95 % Student t interval over seeds; null for one seed. */
  readonly ci95: Interval | null;
}

/** Of AULC, paired by seed. `pHolm`: corrected over all strategies that are compared with random. */
export interface Difference extends Estimate {
  readonly p: number | null;
  readonly pHolm: number | null;
}

export interface StrategySummary {
  readonly strategy: string;
  /** Finished cells: the only ones that count below. */
  readonly cells: number;
  /** Test accuracy at the largest number of labels; null while no cell is finished. */
  readonly final: Estimate | null;
  /** null also for curves of a single point. */
  readonly aulc: Estimate | null;
  /** null for random itself, and where no seed has both. */
  readonly differenceToRandom: Difference | null;
  /** Not computed yet. */
  readonly labelSaving: null;
  /** Not computed yet. */
  readonly verdict: null;
}

/** In memory a report holds all picked ids; `reportJson` moves very many out of report.json. */
export interface Report {
  readonly comparison: ComparisonHeader;
  /** In the order of the spec's strategies, then of seeds. */
  readonly cells: readonly MeasuredCell[];
  /** In the order of the spec. */
  readonly strategies: readonly StrategySummary[];
  readonly cost: ComparisonCost;
}
