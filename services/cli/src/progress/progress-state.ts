// What is known of a watched comparison, kept up to date from its events. Pure: a clock's reading is an argument.

import { comparison } from '@alarena/api';
import { isEnded } from '../format/status.js';

interface CellTask {
  readonly round: number;
  readonly kind: string;
  /** In [0, 1]. */
  readonly progress: number;
}

export interface CellProgress {
  readonly strategy: string;
  readonly seed: bigint;
  status: comparison.Status;
  error: string;
  roundsDone: number;
  roundsTotal: number;
  /** Of the newest round; undefined before the first. */
  accuracy: number | undefined;
  task: CellTask | undefined;
}

/** What an event brought that a person wants to be told. */
export type News =
  | { readonly kind: 'begun'; readonly roundsDone: number; readonly roundsTotal: number }
  | { readonly kind: 'round'; readonly cell: CellProgress; readonly round: comparison.Round }
  | { readonly kind: 'cell-ended'; readonly cell: CellProgress }
  | { readonly kind: 'notice'; readonly text: string };

export class ProgressState {
  /** The newest message about the whole comparison. */
  comparison: comparison.Comparison | undefined;
  readonly #cells = new Map<string, CellProgress>();
  readonly #roundsTold = new Set<string>();
  #begun: { readonly atMs: number; readonly roundsDone: number } | undefined;

  get cells(): readonly CellProgress[] {
    return [...this.#cells.values()];
  }

  get roundsDone(): number {
    return this.cells.reduce((sum, cell) => sum + cell.roundsDone, 0);
  }

  get roundsTotal(): number {
    return this.cells.reduce((sum, cell) => sum + cell.roundsTotal, 0);
  }

  /** Takes an event in and says what is new in it. `nowMs` is any clock that only goes forward. */
  apply(event: comparison.WatchComparisonResponse['event'], nowMs: number): News[] {
    switch (event?.$case) {
      case 'comparison':
        return this.#applyComparison(event.value, nowMs);
      case 'cell':
        return event.value.cell === undefined ? [] : this.#applyCell(event.value.cell);
      case 'task':
        this.#applyTask(event.value);
        return [];
      case 'notice':
        return [{ kind: 'notice', text: event.value }];
      default:
        return [];
    }
  }

  /** Seconds left at the pace since watching began; undefined until a round was measured. */
  secondsLeft(nowMs: number): number | undefined {
    if (this.#begun === undefined) return undefined;
    const measured = this.roundsDone - this.#begun.roundsDone;
    if (measured <= 0) return undefined;
    const secondsARound = (nowMs - this.#begun.atMs) / 1000 / measured;
    const open = this.cells
      .filter((cell) => !isEnded(cell.status))
      .reduce((sum, cell) => sum + cell.roundsTotal - cell.roundsDone, 0);
    return secondsARound * open;
  }

  #applyComparison(value: comparison.Comparison, nowMs: number): News[] {
    const first = this.#begun === undefined;
    const paused = this.#newlyPaused(value);
    this.comparison = value;
    if (!first) return [...value.cells.flatMap((cell) => this.#applyCell(cell)), ...paused];
    for (const cell of value.cells) {
      this.#applyCell(cell);
      for (let round = 0; round < cell.roundsDone; round++) this.#roundsTold.add(roundKey(cell, round));
    }
    const { roundsDone, roundsTotal } = this;
    this.#begun = { atMs: nowMs, roundsDone };
    return [{ kind: 'begun', roundsDone, roundsTotal }, ...paused];
  }

  #newlyPaused({ id, status }: comparison.Comparison): News[] {
    const isPaused = status === comparison.Status.STATUS_PAUSED;
    if (!isPaused || this.comparison?.status === status) return [];
    return [{ kind: 'notice', text: `paused; go on with: alarena resume ${id}` }];
  }

  #applyCell(cell: comparison.Cell): News[] {
    const known = this.#cell(cell);
    const endedBefore = isEnded(known.status);
    known.status = cell.status;
    known.error = cell.error;
    known.roundsDone = cell.roundsDone;
    known.roundsTotal = cell.roundsTotal;
    const newest = cell.rounds.at(-1);
    if (newest !== undefined) known.accuracy = newest.accuracy;
    if (known.task !== undefined && known.task.round < known.roundsDone - 1) known.task = undefined;
    const news: News[] = [];
    for (const round of cell.rounds) {
      const key = roundKey(cell, round.round);
      if (this.#roundsTold.has(key)) continue;
      this.#roundsTold.add(key);
      news.push({ kind: 'round', cell: { ...known }, round });
    }
    if (isEnded(known.status)) {
      known.task = undefined;
      if (!endedBefore) news.push({ kind: 'cell-ended', cell: { ...known } });
    }
    return news;
  }

  #applyTask({ strategy, seed, round, kind, progress }: comparison.TaskUpdate): void {
    const cell = this.#cells.get(cellKey({ strategy, seed }));
    if (cell === undefined || isEnded(cell.status)) return;
    cell.task = { round, kind, progress: Math.min(1, Math.max(0, progress)) };
    cell.status = comparison.Status.STATUS_RUNNING;
  }

  #cell(cell: comparison.Cell): CellProgress {
    const key = cellKey(cell);
    const known = this.#cells.get(key) ?? {
      strategy: cell.strategy,
      seed: cell.seed,
      status: comparison.Status.STATUS_PENDING,
      error: '',
      roundsDone: 0,
      roundsTotal: cell.roundsTotal,
      accuracy: undefined,
      task: undefined,
    };
    this.#cells.set(key, known);
    return known;
  }
}

export function cellKey({ strategy, seed }: { strategy: string; seed: bigint }): string {
  return `${strategy}/${seed}`;
}

function roundKey(cell: comparison.Cell, round: number): string {
  return `${cellKey(cell)}/${round}`;
}
