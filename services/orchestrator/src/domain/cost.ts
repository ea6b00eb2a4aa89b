// What a comparison has cost so far.

import type { Comparison } from './comparison.js';

export interface Cost {
  /** Distinct fits. */
  readonly fits: number;
  /** Rounds whose fit another cell of the comparison has too. */
  readonly fitsShared: number;
  /** Of all distinct tasks, when they were computed. */
  readonly deviceSeconds: number;
  /** From the first submit to the end, pauses included. */
  readonly wallSeconds: number;
}

export function costOf({ record, cells, finishedAt }: Comparison): Cost {
  const rounds = cells.flatMap((cell) => cell.rounds);
  const fits = new Set(rounds.map(({ fitKey }) => fitKey)).size;
  const seconds = new Map(
    rounds.flatMap(({ tasks }) => tasks.map((task) => [task.key, task.seconds] as const)),
  );
  const end = finishedAt === null ? Date.now() : Date.parse(finishedAt);
  return {
    fits,
    fitsShared: rounds.length - fits,
    deviceSeconds: [...seconds.values()].reduce((sum, value) => sum + value, 0),
    wallSeconds: Math.max(0, end - Date.parse(record.createdAt)) / 1000,
  };
}
