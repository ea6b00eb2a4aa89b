// A comparison as the orchestrator sees it. What is kept is the record, what is wanted of it, and a status; the rounds
// are read from the results that exist, so there is no second truth.

import type { ComparisonSpec } from '@alarena/config';

export type Status = 'pending' | 'running' | 'paused' | 'done' | 'failed' | 'cancelled';

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

/** What users want of a comparison. Written by any orchestrator. */
export interface Desired {
  readonly state: 'running' | 'paused' | 'cancelled';
  /** Cells at once. */
  readonly parallelism: number;
  /** Tasks of a higher one go first. */
  readonly priority: number;
  /** Counts the times that `state` was asked for: a status of an earlier one is no answer yet. */
  readonly generation: number;
  /** Of the call that asked for it last: whoever runs the comparison goes on with that trace. */
  readonly trace?: Readonly<Record<string, string>>;
}

/** What has become of it. Written by the orchestrator that leads, and replaced by none of an earlier term. */
export interface ComparisonStatus {
  readonly status: Status;
  /** Of what was wanted, when this was so. */
  readonly generation: number;
  readonly term: number;
  /** The run that says so, and how many of its events this includes. */
  readonly run: string;
  readonly events: number;
  /** ISO 8601, UTC; null while it is not at an end. */
  readonly finishedAt: string | null;
  /** Of each cell; 0 where nobody has looked yet. */
  readonly roundsTotal: number;
  readonly cost: Cost;
  /** Of the run, the last few: worth telling also those who missed the event. */
  readonly notices: readonly string[];
  /** In the order of `cellsOf`; empty where nobody has looked yet. */
  readonly cells: readonly CellSummary[];
}

export interface Cost {
  /** Distinct fits. */
  readonly fits: number;
  /** Rounds whose fit another cell of the comparison has too. */
  readonly fitsShared: number;
  /** Of all distinct tasks, when they were computed. */
  readonly deviceSeconds: number;
}

export const noCost: Cost = { fits: 0, fitsShared: 0, deviceSeconds: 0 };

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

export interface Cell extends CellId, CellSummary {
  readonly roundsTotal: number;
}

export interface Comparison {
  readonly record: ComparisonRecord;
  readonly status: Status;
  readonly parallelism: number;
  readonly priority: number;
  readonly finishedAt: string | null;
  readonly cost: Cost;
  /** Strategies in the spec's order, seeds within. */
  readonly cells: readonly Cell[];
}

export interface MeasuredCell extends Cell {
  readonly rounds: readonly Round[];
}

/** With all its rounds. */
export interface MeasuredComparison extends Comparison {
  readonly cells: readonly MeasuredCell[];
}

/** What a run says while it goes on. */
export type RunEvent =
  | { readonly type: 'cell'; readonly cell: Cell; readonly newest: Round | null }
  | {
      readonly type: 'task';
      readonly cell: CellId;
      readonly round: number;
      readonly kind: string;
      readonly progress: number;
    }
  | { readonly type: 'notice'; readonly notice: string };

export type ComparisonEvent = { readonly type: 'comparison'; readonly comparison: Comparison } | RunEvent;

/** All cells, in the order of reports. */
export function cellsOf(spec: ComparisonSpec): CellId[] {
  return spec.strategies.flatMap(({ as }) => spec.seeds.map((seed) => ({ strategy: as, seed })));
}

export function isEnded(status: Status): boolean {
  return status === 'done' || status === 'failed' || status === 'cancelled';
}

/** Nothing is left to be done of what is wanted. */
export function isSettled(status: ComparisonStatus, desired: Desired): boolean {
  if (status.generation < desired.generation) return false;
  return isEnded(status.status) || (status.status === 'paused' && desired.state === 'paused');
}

/** The status for people: an answer to an earlier wish is none to this one. */
export function shownStatus({ status, generation }: ComparisonStatus, desired: Desired): Status {
  const asked = generation < desired.generation && desired.state === 'running';
  return asked && status !== 'running' ? 'pending' : status;
}
