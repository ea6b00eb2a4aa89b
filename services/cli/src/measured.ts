// A comparison with all its rounds, fetched cell by cell, as reports are made of it.

import { comparison } from '@alarena/api';
import { AppError, plainJson } from '@alarena/core';
import {
  buildReport,
  type CellStatus,
  type MeasuredCell,
  type MeasuredRound,
  type Report,
} from '@alarena/report';
import { type Connection, longCall } from './connection.js';
import type { CommandContext } from './context.js';
import { specOf } from './format/comparison.js';

const { Status } = comparison;

const statuses: ReadonlyMap<comparison.Status, CellStatus> = new Map([
  [Status.STATUS_PENDING, 'pending'],
  [Status.STATUS_RUNNING, 'running'],
  [Status.STATUS_DONE, 'done'],
  [Status.STATUS_FAILED, 'failed'],
  [Status.STATUS_CANCELLED, 'cancelled'],
]);

export async function fetchReport(
  { comparisons }: Connection,
  context: CommandContext,
  id: string,
): Promise<Report> {
  let head: comparison.Comparison | undefined;
  const cells: MeasuredCell[] = [];
  for await (const { part } of comparisons.getReport({ id }, longCall(context))) {
    if (part?.$case === 'comparison') head = part.value;
    else if (part?.$case === 'cell') cells.push(measuredCell(part.value));
  }
  if (head === undefined)
    throw new AppError('internal', `the server sent a report of ${id} without its head`);
  const spec = plainJson(specOf(head));
  const { key, createdAt, versions } = head;
  const header = { id: head.id, name: head.spec?.name ?? '', key, spec, createdAt, versions };
  const cost = head.cost ?? { fits: 0, fitsShared: 0, deviceSeconds: 0, wallSeconds: 0 };
  return buildReport(header, cells, cost);
}

function measuredCell(cell: comparison.Cell): MeasuredCell {
  const status = statuses.get(cell.status);
  if (status === undefined) {
    throw new AppError(
      'internal',
      `the server sent a cell in an unknown state: ${cell.strategy} ${cell.seed}`,
    );
  }
  return {
    strategy: cell.strategy,
    seed: Number(cell.seed),
    status,
    ...(cell.error === '' ? {} : { error: cell.error }),
    rounds: cell.rounds.map(measuredRound),
  };
}

function measuredRound(round: comparison.Round): MeasuredRound {
  return {
    round: round.round,
    labels: round.labels,
    accuracy: round.accuracy,
    macroF1: round.macroF1,
    trainAccuracy: round.trainingAccuracy,
    // Without validation samples there is no such figure; NaN becomes null in report.json.
    validationAccuracy: round.validationAccuracy ?? Number.NaN,
    validationMacroF1: round.validationMacroF1 ?? Number.NaN,
    bestEpoch: round.bestEpoch,
    picked: round.picked,
    fitKey: round.fitKey,
    seconds: round.seconds,
  };
}
