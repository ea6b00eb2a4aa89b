// Comparisons as protobuf messages.

import { comparison as proto } from '@alarena/api';
import { specToProto } from '@alarena/config';
import type {
  Cell,
  Comparison,
  ComparisonEvent,
  MeasuredComparison,
  Round,
  Status,
} from '../domain/comparison.js';

const statuses: Readonly<Record<Status, proto.Status>> = {
  pending: proto.Status.STATUS_PENDING,
  running: proto.Status.STATUS_RUNNING,
  paused: proto.Status.STATUS_PAUSED,
  done: proto.Status.STATUS_DONE,
  failed: proto.Status.STATUS_FAILED,
  cancelled: proto.Status.STATUS_CANCELLED,
};

/** Without rounds. */
export function encodeComparison(comparison: Comparison): proto.Comparison {
  const { record, status, parallelism, priority, cost, finishedAt, cells } = comparison;
  const end = finishedAt === null ? Date.now() : Date.parse(finishedAt);
  const wallSeconds = Math.max(0, end - Date.parse(record.createdAt)) / 1000;
  return {
    id: record.id,
    key: record.key,
    spec: specToProto(record.spec),
    status: statuses[status],
    createdAt: record.createdAt,
    cells: cells.map((cell) => encodeCell(cell, [])),
    versions: { ...record.versions },
    parallelism,
    cost: { ...cost, wallSeconds },
    priority,
  };
}

/** With all its rounds. */
export function encodeMeasured(comparison: MeasuredComparison): proto.Comparison {
  const cells = comparison.cells.map((cell) => encodeCell(cell, cell.rounds));
  return { ...encodeComparison(comparison), cells };
}

export function encodeCell(cell: Cell, rounds: readonly Round[]): proto.Cell {
  return {
    strategy: cell.strategy,
    seed: BigInt(cell.seed),
    status: statuses[cell.status],
    error: cell.error,
    rounds: rounds.map(encodeRound),
    roundsDone: cell.roundsDone,
    roundsTotal: cell.roundsTotal,
  };
}

export function encodeEvent(event: ComparisonEvent): proto.WatchComparisonResponse {
  switch (event.type) {
    case 'comparison':
      return { event: { $case: 'comparison', value: encodeComparison(event.comparison) } };
    case 'cell': {
      const newest = event.newest === null ? [] : [event.newest];
      return { event: { $case: 'cell', value: { cell: encodeCell(event.cell, newest) } } };
    }
    case 'task': {
      const { cell, round, kind, progress } = event;
      const value = { strategy: cell.strategy, seed: BigInt(cell.seed), round, kind, progress };
      return { event: { $case: 'task', value } };
    }
    case 'notice':
      return { event: { $case: 'notice', value: event.notice } };
  }
}

function encodeRound(round: Round): proto.Round {
  return {
    round: round.round,
    labels: round.labels,
    accuracy: round.accuracy,
    macroF1: round.macroF1,
    trainingAccuracy: round.trainingAccuracy,
    validationAccuracy: round.validationAccuracy ?? undefined,
    validationMacroF1: round.validationMacroF1 ?? undefined,
    bestEpoch: round.bestEpoch,
    picked: [...round.picked],
    fitKey: round.fitKey,
    seconds: round.tasks.reduce((sum, { seconds }) => sum + seconds, 0),
    fitShared: round.fitShared,
  };
}
