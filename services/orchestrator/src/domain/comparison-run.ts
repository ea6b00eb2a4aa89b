// A comparison that is going on: cells within a limit, each to its end, whatever becomes of the others. What it keeps
// of a cell is a count: the rounds are in the store.

import { setMaxListeners } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { AppError } from '@alarena/core';
import type { DatasetManifest } from '@alarena/dataset';
import { Attribute, type Logger, withSpan, workLogger } from '@alarena/telemetry';
import { type CellDeps, runCell } from './cell-runner.js';
import {
  type Cell,
  type CellId,
  type CellSummary,
  type ComparisonRecord,
  type Cost,
  cellsOf,
  type MeasuredRound,
  type Round,
  type RunEvent,
  type Status,
} from './comparison.js';
import { CostTally } from './cost.js';
import { FitOwners } from './fit-owners.js';
import { roundsOfCell, Splits } from './plan.js';

export interface RunDeps extends CellDeps {
  readonly logger: Logger;
  /** Told how long each round took, waiting included. */
  readonly onRoundSeconds?: ((seconds: number) => void) | undefined;
  /** Hears what happens, in order. */
  readonly onEvent: (event: RunEvent) => void;
}

interface MutableCell extends CellId {
  status: Status;
  error: string;
  roundsDone: number;
  /** In the order of reports. */
  readonly position: number;
}

export class ComparisonRun {
  readonly record: ComparisonRecord;
  readonly roundsTotal: number;
  readonly #deps: RunDeps;
  readonly #splits: Splits;
  readonly #cells: readonly MutableCell[];
  readonly #abort = new AbortController();
  readonly #owners = new FitOwners();
  readonly #tally = new CostTally();
  /** Its cells are to go on, by a later run. */
  #left = false;
  #parallelism: number;
  #wake: () => void = () => {};

  constructor(deps: RunDeps, record: ComparisonRecord, manifest: DatasetManifest, parallelism: number) {
    this.#deps = deps;
    this.record = record;
    this.#splits = new Splits(record.spec, manifest);
    this.roundsTotal = roundsOfCell(record.spec, manifest);
    // Every task that runs listens to it.
    setMaxListeners(0, this.#abort.signal);
    this.#parallelism = parallelism;
    this.#cells = cellsOf(record.spec).map((id, position) => ({
      ...id,
      ...{ status: 'pending', error: '', roundsDone: 0, position },
    }));
  }

  /** Runs until every cell is at its end or the run is stopped; never throws for a cell's sake. */
  async run(): Promise<void> {
    const { id } = this.record;
    await withSpan('comparison', { [Attribute.comparison]: id }, () => this.#runCells());
  }

  /** Ends the cells that run. What waits in the queues is withdrawn, what is in work ends; what is measured stays. */
  stop(): void {
    this.#abort.abort(new AppError('cancelled', 'the comparison was stopped'));
    this.#wake();
  }

  /** As `stop`, for the cells to go on later. */
  pause(): void {
    this.#left = true;
    this.#abort.abort(new AppError('cancelled', 'the comparison is paused'));
    this.#wake();
  }

  /** Lets go of the cells that run, for another to go on with: tasks that are published stay so. */
  leave(): void {
    this.#left = true;
    this.#abort.abort(new AppError('unavailable', 'another run goes on with the comparison'));
    this.#wake();
  }

  set parallelism(cells: number) {
    this.#parallelism = cells;
    this.#wake();
  }

  /** `cancelled` where it was stopped or left before its end. */
  get status(): Status {
    const all = (...states: Status[]): boolean => this.#cells.every(({ status }) => states.includes(status));
    if (all('done')) return 'done';
    if (all('done', 'failed')) return 'failed';
    return this.#abort.signal.aborted ? 'cancelled' : 'running';
  }

  get cost(): Cost {
    return this.#tally.cost;
  }

  get cells(): CellSummary[] {
    return this.#cells.map(({ status, error, roundsDone }) => ({ status, error, roundsDone }));
  }

  async #runCells(): Promise<void> {
    const running = new Set<Promise<void>>();
    const waiting = [...this.#cells];
    while (true) {
      // Woken by a new limit, a stop, or the end of a cell.
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      while (!this.#abort.signal.aborted && running.size < this.#parallelism) {
        const cell = waiting.shift();
        if (cell === undefined) break;
        const done: Promise<void> = this.#runCell(cell).finally(() => {
          running.delete(done);
          this.#wake();
        });
        running.add(done);
        // To begin a cell is some milliseconds of work, and there may be thousands.
        await nextTurn();
      }
      if (running.size === 0 && (waiting.length === 0 || this.#abort.signal.aborted)) return;
      await woken;
    }
  }

  async #runCell(cell: MutableCell): Promise<void> {
    const { id: comparison, spec, dataset, numerics } = this.record;
    const name = `${cell.strategy}/${cell.seed}`;
    const logger = workLogger(this.#deps.logger, { comparison, cell: name });
    cell.status = 'running';
    this.#tell(cell, null);
    let newest: Round | null = null;
    let begunMs = performance.now();
    try {
      const work = { comparison, spec, dataset, splits: this.#splits, numerics, cell };
      await runCell(this.#deps, work, {
        signal: this.#abort.signal,
        during: (round, task) => {
          const place = {
            [Attribute.comparison]: comparison,
            [Attribute.cell]: name,
            [Attribute.round]: round,
          };
          return withSpan('round', place, task);
        },
        onRound: (round) => {
          newest = this.#count(cell, round);
          const nowMs = performance.now();
          this.#deps.onRoundSeconds?.((nowMs - begunMs) / 1000);
          begunMs = nowMs;
          // The last one comes with the cell's end.
          if (cell.roundsDone < this.roundsTotal) this.#tell(cell, newest);
        },
        onTask: (round, kind, progress) => {
          const { strategy, seed } = cell;
          this.#deps.onEvent({ type: 'task', cell: { strategy, seed }, round, kind, progress });
        },
        onNotice: (notice) => {
          logger.warn({ notice }, 'notice');
          this.#deps.onEvent({ type: 'notice', notice });
        },
      });
      cell.status = 'done';
    } catch (thrown) {
      const error = AppError.from(thrown);
      const stopped = this.#abort.signal.aborted;
      cell.status = this.#left ? 'pending' : stopped ? 'cancelled' : 'failed';
      if (!stopped) {
        cell.error = error.message;
        logger.warn({ err: error }, 'cell failed');
      }
    }
    if (!this.#left) this.#tell(cell, newest);
  }

  #count(cell: MutableCell, round: MeasuredRound): Round | null {
    cell.roundsDone++;
    this.#tally.add(round);
    this.#owners.add(round.fitKey, cell.position);
    return this.#owners.mark([round], cell.position)[0] ?? null;
  }

  #tell({ position: _, ...cell }: MutableCell, newest: Round | null): void {
    const now: Cell = { ...cell, roundsTotal: this.roundsTotal };
    this.#deps.onEvent({ type: 'cell', cell: now, newest });
  }
}
