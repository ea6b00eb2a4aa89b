// A comparison as the orchestrator sees it. What is kept is the record and a status; the rounds are read from the
// results that exist, so there is no second truth.

import type { ComparisonSpec } from '@alarena/config';

export type Status = 'pending' | 'running' | 'done' | 'failed' | 'cancelled';

/** Kept for good, under the comparison's id. */
export interface ComparisonRecord {
  readonly schemaVersion: 1;
  /** Slug of the name and the head of the key. */
  readonly id: string;
  /** Digest of the spec, the data set and the numerics profile. */
  readonly key: string;
  readonly spec: ComparisonSpec;
  /** Digest of the data set. */
  readonly dataset: string;
  /** Name of the numerics profile of all its tasks. */
  readonly numerics: string;
  readonly versions: Readonly<Record<string, string>>;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

/** Kept beside the record and changed as the comparison goes on. */
export interface ComparisonStatus {
  readonly status: Status;
  readonly parallelism: number;
  /** ISO 8601, UTC; null while it is not at an end. */
  readonly finishedAt: string | null;
  /** For listings; in the order of `cellsOf`. */
  readonly cells: readonly CellSummary[];
}

export interface CellSummary {
  readonly status: Status;
  readonly error: string;
  readonly roundsDone: number;
}

/** One strategy entry with one seed. */
export interface CellId {
  readonly strategy: string;
  readonly seed: number;
}

export interface MeasuredRound {
  readonly round: number;
  readonly labels: number;
  readonly accuracy: number;
  readonly macroF1: number;
  readonly trainingAccuracy: number;
  readonly validationAccuracy: number | null;
  readonly validationMacroF1: number | null;
  readonly bestEpoch: number;
  /** Best first; empty in the last round. */
  readonly picked: readonly number[];
  readonly fitKey: string;
  /** The round's tasks with the seconds their computation took. Cells share tasks, so keys may recur. */
  readonly tasks: readonly { readonly key: string; readonly seconds: number }[];
}

export interface Round extends MeasuredRound {
  /** The fit counts for an earlier cell, in the order of reports. */
  readonly fitShared: boolean;
}

export interface Cell extends CellId {
  readonly status: Status;
  /** Why it failed; empty otherwise. */
  readonly error: string;
  readonly rounds: readonly Round[];
  readonly roundsTotal: number;
}

export interface Comparison {
  readonly record: ComparisonRecord;
  readonly status: Status;
  readonly parallelism: number;
  readonly finishedAt: string | null;
  /** Strategies in the spec's order, seeds within. */
  readonly cells: readonly Cell[];
}

export type ComparisonEvent =
  | { readonly type: 'comparison'; readonly comparison: Comparison }
  | { readonly type: 'cell'; readonly cell: Cell }
  | {
      readonly type: 'task';
      readonly cell: CellId;
      readonly round: number;
      readonly kind: string;
      readonly progress: number;
    }
  | { readonly type: 'notice'; readonly notice: string };

/** All cells, in the order of reports. */
export function cellsOf(spec: ComparisonSpec): CellId[] {
  return spec.strategies.flatMap(({ as }) => spec.seeds.map((seed) => ({ strategy: as, seed })));
}
