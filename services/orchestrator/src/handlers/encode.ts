// Comparisons as protobuf messages.

import { comparison as proto } from '@alarena/api';
import { specToProto } from '@alarena/config';
import type { Cell, Comparison, ComparisonEvent, Round, Status } from '../domain/comparison.js';
import { costOf } from '../domain/cost.js';

const statuses: Readonly<Record<Status, proto.Status>> = {
  pending: proto.Status.STATUS_PENDING,
  running: proto.Status.STATUS_RUNNING,
  done: proto.Status.STATUS_DONE,
  failed: proto.Status.STATUS_FAILED,
  cancelled: proto.Status.STATUS_CANCELLED,
};

/** `rounds`: which rounds of each cell go along. */
export function encodeComparison(comparison: Comparison, rounds: 'all' | 'none'): proto.Comparison {
  const { record, status, parallelism, cells } = comparison;
  return {
    id: record.id,
    key: record.key,
    spec: specToProto(record.spec),
    status: statuses[status],
    createdAt: record.createdAt,
    cells: cells.map((cell) => encodeCell(cell, rounds === 'all' ? cell.rounds : [])),
    versions: { ...record.versions },
    parallelism,
    cost: costOf(comparison),
  };
}

export function encodeCell(cell: Cell, rounds: readonly Round[]): proto.Cell {
  return {
    strategy: cell.strategy,
    seed: BigInt(cell.seed),
    status: statuses[cell.status],
    error: cell.error,
    rounds: rounds.map(encodeRound),
    roundsDone: cell.rounds.length,
    roundsTotal: cell.roundsTotal,
  };
}

export function encodeEvent(event: ComparisonEvent): proto.WatchComparisonResponse {
  switch (event.type) {
    case 'comparison':
      return { event: { $case: 'comparison', value: encodeComparison(event.comparison, 'none') } };
    case 'cell': {
      const newest = event.cell.rounds.slice(-1);
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
