// report.json: the report with the ids of all queries, unless there are so many that the file would be unwieldy.

import type { Report } from './types.js';

/** Above this many ids in one report they stand in rounds.csv only. */
export const MAX_PICKED_IDS = 100_000;

export function reportJson(report: Report, maxPickedIds = MAX_PICKED_IDS): string {
  const value = picksBelong(report, maxPickedIds) ? report : withoutPicks(report);
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** Whether report.json holds the picked ids itself. */
export function picksBelong(report: Report, maxPickedIds = MAX_PICKED_IDS): boolean {
  let count = 0;
  for (const cell of report.cells) for (const round of cell.rounds) count += round.picked.length;
  return count <= maxPickedIds;
}

function withoutPicks(report: Report): unknown {
  const cells = report.cells.map((cell) => ({
    ...cell,
    rounds: cell.rounds.map((round) => ({ ...round, picked: null, pickedRef: 'rounds.csv' })),
  }));
  return { ...report, cells };
}
