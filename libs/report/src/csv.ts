// rounds.csv: one line per measured round. Lines end in LF, numbers are the shortest decimals that read back as
// the same double, and seconds stand last, so that cutting them leaves what a repeated run reproduces byte by byte.

import type { MeasuredCell, MeasuredRound, Report } from './types.js';

const COLUMNS = [
  'strategy',
  'seed',
  'round',
  'labels',
  'accuracy',
  'macro_f1',
  'picked',
  'fit_key',
  'seconds',
] as const;

export function roundsCsv(report: Report): string {
  const lines = report.cells.flatMap((cell) => cell.rounds.map((round) => line(cell, round)));
  return `${[COLUMNS.join(','), ...lines].join('\n')}\n`;
}

function line(cell: MeasuredCell, round: MeasuredRound): string {
  const fields: Record<(typeof COLUMNS)[number], string | number> = {
    strategy: cell.strategy,
    seed: cell.seed,
    round: round.round,
    labels: round.labels,
    accuracy: round.accuracy,
    macro_f1: round.macroF1,
    picked: round.picked.join(' '),
    fit_key: round.fitKey,
    seconds: round.seconds,
  };
  return COLUMNS.map((column) => quoted(String(fields[column]))).join(',');
}

/** RFC 4180. */
function quoted(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
