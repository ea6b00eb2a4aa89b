// A comparison that is going on: cells within a limit, each to its end, whatever becomes of the others.

import { AppError } from '@alarena/core';
import type { DatasetManifest } from '@alarena/dataset';
import { type Logger, withSpan, workLogger } from '@alarena/telemetry';
import { type CellDeps, runCell } from './cell-runner.js';
import {
  type Cell,
  type CellId,
  type Comparison,
  type ComparisonEvent,
  type ComparisonRecord,
  cellsOf,
  type MeasuredRound,
  type Status,
} from './comparison.js';
import { EventQueue } from './event-queue.js';
import { FitOwners } from './fit-owners.js';
import { labelsPerRound, splitOfSeed } from './plan.js';

export interface RunDeps extends CellDeps {
  readonly logger: Logger;
}

interface MutableCell extends CellId {
  status: Status;
  error: string;
  rounds: MeasuredRound[];
  readonly roundsTotal: number;
  /** In the order of reports. */
  readonly position: number;
}

export class ComparisonRun {
  readonly record: ComparisonRecord;
  readonly #deps: RunDeps;
  readonly #manifest: DatasetManifest;
  readonly #cells: readonly MutableCell[];
  readonly #abort = new AbortController();
  readonly #owners = new FitOwners();
  readonly #watchers = new Set<EventQueue>();
  #parallelism: number;
  #finishedAt: string | null = null;
  #wake: () => void = () => {};

  constructor(deps: RunDeps, record: ComparisonRecord, manifest: DatasetManifest, parallelism: number) {
    this.#deps = deps;
    this.record = record;
    this.#manifest = manifest;
    this.#parallelism = parallelism;
    this.#cells = cellsOf(record.spec).map((id, position) => ({
      ...id,
      ...{ status: 'pending', error: '', rounds: [], position },
      roundsTotal: roundsOf(record, manifest, id.seed),
    }));
  }

  /**
   * Runs until every cell is at its end or the run is stopped; never throws for a cell's sake. `finishedAt` is the end
   * of a comparison that was done before: looking through it again does not move it.
   */
  async run(finishedAt: string | null): Promise<Status> {
    const { id } = this.record;
    await withSpan('comparison', { 'alarena.comparison': id }, () => this.#runCells());
    this.#finishedAt = finishedAt ?? new Date().toISOString();
    return this.status;
  }

  /** Once its end is stored, so that who hears of it finds it. */
  tellEnd(): void {
    this.#tell({ type: 'comparison', comparison: this.snapshot() });
    for (const watcher of this.#watchers) watcher.end();
  }

  /** Stops the cells that run; what is measured stays. */
  stop(): void {
    this.#abort.abort(new AppError('cancelled', 'the comparison was stopped'));
    this.#wake();
  }

  get parallelism(): number {
    return this.#parallelism;
  }

  set parallelism(cells: number) {
    this.#parallelism = cells;
    this.#wake();
    this.#tell({ type: 'comparison', comparison: this.snapshot() });
  }

  /** At its end: what happens now happens to another run. */
  get isOver(): boolean {
    return this.#finishedAt !== null;
  }

  get status(): Status {
    const all = (...states: Status[]): boolean => this.#cells.every(({ status }) => states.includes(status));
    if (all('done')) return 'done';
    if (all('done', 'failed')) return 'failed';
    return this.#abort.signal.aborted ? 'cancelled' : 'running';
  }

  snapshot(): Comparison {
    return {
      record: this.record,
      status: this.status,
      parallelism: this.#parallelism,
      finishedAt: this.#finishedAt,
      cells: this.#cells.map((cell) => this.#snapshotOf(cell)),
    };
  }

  /** What is known, then each change, until the run ends or the signal aborts. */
  async *watch(signal: AbortSignal): AsyncGenerator<ComparisonEvent, void, undefined> {
    if (signal.aborted) return;
    const queue = new EventQueue();
    queue.push({ type: 'comparison', comparison: this.snapshot() });
    if (this.#finishedAt === null) this.#watchers.add(queue);
    else queue.end();
    const leave = (): void => queue.end();
    signal.addEventListener('abort', leave, { once: true });
    try {
      yield* queue;
    } finally {
      signal.removeEventListener('abort', leave);
      this.#watchers.delete(queue);
    }
  }

  async #runCells(): Promise<void> {
    const running = new Set<Promise<void>>();
    const waiting = [...this.#cells];
    while (waiting.length > 0 || running.size > 0) {
      while (!this.#abort.signal.aborted && running.size < this.#parallelism && waiting.length > 0) {
        const cell = waiting.shift();
        if (cell === undefined) break;
        const done: Promise<void> = this.#runCell(cell).finally(() => running.delete(done));
        running.add(done);
      }
      if (this.#abort.signal.aborted) {
        await Promise.all(running);
        return;
      }
      // A new limit may let more cells start before one ends.
      await Promise.race([...running, new Promise<void>((resolve) => (this.#wake = resolve))]);
    }
  }

  async #runCell(cell: MutableCell): Promise<void> {
    const { id: comparison, spec, numerics } = this.record;
    const logger = workLogger(this.#deps.logger, { comparison, cell: `${cell.strategy}/${cell.seed}` });
    cell.status = 'running';
    this.#tell({ type: 'cell', cell: this.#snapshotOf(cell) });
    try {
      const work = { comparison, spec, manifest: this.#manifest, numerics, cell };
      await runCell(this.#deps, work, {
        signal: this.#abort.signal,
        onRound: (round) => {
          cell.rounds.push(round);
          this.#owners.add(round.fitKey, cell.position);
          if (cell.rounds.length < cell.roundsTotal)
            this.#tell({ type: 'cell', cell: this.#snapshotOf(cell) });
        },
        onTask: (round, kind, progress) => {
          const { strategy, seed } = cell;
          this.#tell({ type: 'task', cell: { strategy, seed }, round, kind, progress });
        },
        onNotice: (notice) => {
          logger.warn({ notice }, 'notice');
          this.#tell({ type: 'notice', notice });
        },
      });
      cell.status = 'done';
    } catch (thrown) {
      const error = AppError.from(thrown);
      const stopped = this.#abort.signal.aborted;
      cell.status = stopped ? 'cancelled' : 'failed';
      if (!stopped) {
        cell.error = error.message;
        logger.warn({ err: error }, 'cell failed');
      }
    }
    this.#tell({ type: 'cell', cell: this.#snapshotOf(cell) });
  }

  #snapshotOf({ position, ...cell }: MutableCell): Cell {
    return { ...cell, rounds: this.#owners.mark(cell.rounds, position) };
  }

  #tell(event: ComparisonEvent): void {
    for (const watcher of this.#watchers) watcher.push(event);
  }
}

function roundsOf({ spec }: ComparisonRecord, manifest: DatasetManifest, seed: number): number {
  return labelsPerRound(spec, splitOfSeed(spec, manifest, seed).pool.length).length;
}
