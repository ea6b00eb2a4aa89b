// One comparison in the hands of the orchestrator that leads: makes what happens follow what is wanted, tells its
// events on the bus, and keeps its status.

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Bus } from '@alarena/bus';
import { AppError } from '@alarena/core';
import { readManifest } from '@alarena/dataset';
import type { ObjectStore } from '@alarena/store';
import type { NumericsProfile, PublishWindow } from '@alarena/tasks';
import { type Logger, runWithContext } from '@alarena/telemetry';
import { answered } from './answered.js';
import {
  type CellSummary,
  type ComparisonStatus,
  type Desired,
  isEnded,
  isSettled,
  type RunEvent,
  type Status,
} from './comparison.js';
import type { ComparisonRecords } from './comparison-records.js';
import { ComparisonRun } from './comparison-run.js';
import { encodeRunEvent, eventSubject } from './event-messages.js';
import type { Term } from './leadership.js';
import { checkNumerics } from './numerics-check.js';
import type { TaskRunner } from './task-runner.js';
import { type WithdrawDeps, withdrawTasks } from './withdraw-tasks.js';

export interface ConductedDeps {
  readonly records: ComparisonRecords;
  readonly store: ObjectStore;
  readonly bus: Bus;
  readonly tasks: TaskRunner & WithdrawDeps['tasks'];
  readonly window: PublishWindow;
  readonly logger: Logger;
  readonly profile: () => Promise<NumericsProfile>;
  readonly onRoundSeconds?: ((seconds: number) => void) | undefined;
  /** Time between writings of the status while a comparison runs. */
  readonly statusMs: number;
}

/** Between tries to write a status while the bucket is away. */
const retryMs = 1_000;

const noticesKept = 20;

interface Going {
  /** Names the run in its events and statuses. */
  readonly name: string;
  readonly run: ComparisonRun;
  readonly generation: number;
  /** Of a comparison that was done before: looking through it again does not move its end. */
  readonly finishedAt: string | null;
  events: number;
  readonly notices: string[];
  ended: Promise<void>;
}

export class ConductedComparison {
  readonly #deps: ConductedDeps;
  readonly #id: string;
  readonly #term: Term;
  #going: Going | undefined;
  #again = false;
  #attending: Promise<void> | undefined;
  #statusTimer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  /** Set where a later leader has taken it: then it is none of ours any more. */
  #taken = false;
  /** Whether an earlier leader's tasks may be queued; undefined before the first look. */
  #hasInherited: boolean | undefined;

  constructor(deps: ConductedDeps, id: string, term: Term) {
    this.#deps = deps;
    this.#id = id;
    this.#term = term;
  }

  /** Looks at what is wanted, and resolves when that is begun. Rejects where it cannot be. */
  attend(): Promise<void> {
    this.#again = true;
    this.#attending ??= this.#attend();
    return this.#attending;
  }

  /** Lets go of it without ending it. While the term is held, the status says that it waits. */
  async close(): Promise<void> {
    this.#going?.run.leave();
    await this.#attending?.catch(() => {});
    await this.#going?.ended;
    clearTimeout(this.#statusTimer);
    await this.#writing;
  }

  async #attend(): Promise<void> {
    try {
      while (this.#again && !this.#isOver) {
        this.#again = false;
        await this.#follow();
      }
    } finally {
      this.#attending = undefined;
    }
  }

  get #isOver(): boolean {
    return this.#taken || this.#term.signal.aborted;
  }

  async #follow(): Promise<void> {
    const { desired, status } = await this.#deps.records.state(this.#id);
    this.#hasInherited ??= status.term !== this.#term.number && status.generation > 0;
    const isOver = this.#going === undefined && isSettled(status, desired);
    this.#deps.window.setPriority(this.#id, isOver ? 0 : desired.priority);
    if (this.#going !== undefined) {
      const { run } = this.#going;
      if (desired.state === 'running') run.parallelism = desired.parallelism;
      else if (desired.state === 'paused') run.pause();
      else run.stop();
    } else if (!isOver) {
      if (desired.state === 'running') await this.#start(desired, status);
      else {
        await this.#withdrawInherited(status.cells);
        await this.#tell(settled(status, desired));
      }
    }
  }

  async #start(desired: Desired, status: ComparisonStatus): Promise<void> {
    const { records, store, profile } = this.#deps;
    const record = await records.get(this.#id);
    // Workers may be long in coming; who stops does not wait for them.
    checkNumerics(record, await answered(profile(), this.#term.signal, 'the pool'));
    const manifest = await readManifest(store, record.dataset);
    const onEvent = (event: RunEvent): void => this.#onEvent(going, event);
    const run = new ComparisonRun({ ...this.#deps, onEvent }, record, manifest, desired.parallelism);
    const going: Going = {
      ...{ name: randomUUID(), run, generation: desired.generation, events: 0, notices: [] },
      finishedAt: status.status === 'done' ? status.finishedAt : null,
      ended: Promise.resolve(),
    };
    await this.#tell(this.#statusOf(going, 'running', null));
    this.#going = going;
    // Its end is told in any case: nobody runs what the status says runs.
    if (this.#isOver) run.leave();
    going.ended = runWithContext({ ...desired.trace }, () => this.#run(going));
  }

  async #run(going: Going): Promise<void> {
    try {
      await going.run.run();
    } catch (error) {
      // Cells end without throwing: this is a fault of our own, and the next run tries again.
      this.#deps.logger.error({ err: error, comparison: this.#id }, 'a comparison has stopped');
      await delay(retryMs, undefined, { signal: this.#term.signal }).catch(() => {});
    }
    clearTimeout(this.#statusTimer);
    this.#statusTimer = undefined;
    await this.#persistently(async () => {
      const { desired } = await this.#deps.records.state(this.#id);
      if (desired.state !== 'running') await this.#withdrawInherited(going.run.cells);
      await this.#tell(this.#endOf(going, desired));
    });
    this.#going = undefined;
    // What is wanted may have changed meanwhile.
    if (!this.#isOver) await this.attend().catch((error: unknown) => this.#warn(error));
  }

  /** What a leader has published itself leaves the queues with its run. */
  async #withdrawInherited(cells: readonly CellSummary[]): Promise<void> {
    if (this.#hasInherited !== true) return;
    const { records, store, logger } = this.#deps;
    try {
      const record = await records.get(this.#id);
      const manifest = await readManifest(store, record.dataset);
      await withdrawTasks(this.#deps, record, manifest, cells, this.#term.signal);
    } catch (thrown) {
      const error = AppError.from(thrown);
      if (error.retryable || this.#isOver) throw error;
      // It must come to its end all the same; a task that stays costs its computation and nothing else.
      logger.warn({ err: error, comparison: this.#id }, 'tasks of a comparison could not be withdrawn');
    }
    this.#hasInherited = false;
  }

  #endOf(going: Going, desired: Desired): ComparisonStatus {
    const { status } = going.run;
    const now = new Date().toISOString();
    if (status === 'done' || status === 'failed') {
      return this.#statusOf(going, status, going.finishedAt ?? now);
    }
    const { generation, state } = desired;
    // Whoever leads next goes on, or tells what was wanted instead.
    if (state === 'running' || this.#term.signal.aborted) return this.#statusOf(going, 'pending', null);
    const ended = state === 'cancelled' ? now : null;
    return { ...this.#statusOf(going, state, ended), generation };
  }

  #statusOf(going: Going, status: Status, finishedAt: string | null): ComparisonStatus {
    const { name, run, generation, events, notices } = going;
    const { roundsTotal, cost, cells } = run;
    const term = this.#term.number;
    const known = { status, generation, term, run: name, events, finishedAt, roundsTotal, cost, cells };
    return { ...known, notices: notices.slice(-noticesKept) };
  }

  #onEvent(going: Going, event: RunEvent): void {
    going.events++;
    const payload = encodeRunEvent({ run: going.name, number: going.events, event });
    // One that is lost is made up for by the status.
    this.#deps.bus.publishEvent({ subject: eventSubject(this.#id), payload }).catch(() => {});
    if (event.type === 'notice') going.notices.push(event.notice);
    if (event.type === 'task' || this.#statusTimer !== undefined) return;
    const write = (): void => {
      this.#statusTimer = undefined;
      if (this.#going !== going || this.#isOver) return;
      this.#tell(this.#statusOf(going, 'running', null)).catch((error: unknown) => this.#warn(error));
    };
    this.#statusTimer = setTimeout(write, this.#deps.statusMs).unref();
  }

  /** One after the other, so that none overtakes a later one. */
  #tell(status: ComparisonStatus): Promise<void> {
    const told = this.#writing.then(async () => {
      if (this.#taken || !this.#term.isHeld()) return;
      try {
        await this.#deps.records.tell(this.#id, status);
      } catch (error) {
        if (!(error instanceof AppError) || error.reason !== 'TERM_OVER') throw error;
        this.#taken = true;
        this.#going?.run.leave();
        this.#deps.logger.info({ comparison: this.#id }, 'another orchestrator goes on with a comparison');
      }
    });
    this.#writing = told.catch(() => {});
    return told;
  }

  /** Until it succeeds; but a process that stops does not wait for a bus that is away. */
  async #persistently(task: () => Promise<void>): Promise<void> {
    while (!this.#taken && this.#term.isHeld()) {
      try {
        await task();
        return;
      } catch (error) {
        this.#warn(error);
        if (this.#term.signal.aborted) return;
        await delay(retryMs, undefined, { signal: this.#term.signal }).catch(() => {});
      }
    }
  }

  #warn(error: unknown): void {
    this.#deps.logger.warn(
      { err: error, comparison: this.#id },
      'a comparison is behind what is wanted of it',
    );
  }
}

/** Of a comparison that does not run: what is at its end stays so. */
function settled(status: ComparisonStatus, { state, generation }: Desired): ComparisonStatus {
  if (isEnded(status.status) || state === 'running') return { ...status, generation };
  const left = state === 'cancelled' ? ('cancelled' as const) : ('pending' as const);
  const cells = status.cells.map((cell) => (cell.status === 'running' ? { ...cell, status: left } : cell));
  const finishedAt = state === 'cancelled' ? new Date().toISOString() : null;
  return { ...status, status: state, generation, finishedAt, cells };
}
