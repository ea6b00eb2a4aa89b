// Runs the comparisons while this orchestrator leads: follows what is wanted of all of them.

import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '@alarena/core';
import type { PublishWindow, TaskDispatcher } from '@alarena/tasks';
import { ConductedComparison, type ConductedDeps } from './conducted-comparison.js';
import type { Leadership, Term } from './leadership.js';
import type { TaskRunner } from './task-runner.js';

export interface ConductorDeps extends Omit<ConductedDeps, 'tasks' | 'window'> {
  readonly leadership: Leadership;
  /** What runs tasks, made for each time of leading: who does not lead needs none. */
  readonly openTasks: () => Tasks;
  /** Done beside the comparisons while this orchestrator leads; ends when the signal aborts, and never fails. */
  readonly alongside?: ((signal: AbortSignal) => Promise<void>) | undefined;
  /** Time between tries to begin what could not be begun. */
  readonly retryMs: number;
}

export interface Tasks extends TaskRunner, Pick<TaskDispatcher, 'withdraw'> {
  readonly window: PublishWindow;
  close(): Promise<void>;
}

interface Session {
  attend(id: string): Promise<void>;
}

export class Conductor {
  readonly #deps: ConductorDeps;
  readonly #closing = new AbortController();
  readonly #leading: Promise<void>;
  /** Of the comparisons that may run here; all once it is told so. */
  readonly #adopted = new Set<string>();
  #adoptsAll = false;
  #session: Session | undefined;
  #tasks: Tasks | undefined;

  constructor(deps: ConductorDeps) {
    this.#deps = deps;
    this.#leading = deps.leadership.lead((term) => this.#conduct(term), this.#closing.signal);
  }

  /** What runs tasks while this orchestrator leads; undefined while another does. */
  get tasks(): Tasks | undefined {
    return this.#tasks;
  }

  /** Runs this one too, if this orchestrator leads. Resolves when what is wanted of it is begun. */
  async adopt(id: string): Promise<void> {
    this.#adopted.add(id);
    await this.#session?.attend(id);
  }

  /** Runs all that want to run, also those of orchestrators that have ended. */
  async adoptAll(): Promise<void> {
    this.#adoptsAll = true;
    if (this.#session === undefined) return;
    for (const id of await this.#deps.records.ids()) await this.#attend(this.#session, id);
  }

  /** Stops what runs here without ending it. */
  async close(): Promise<void> {
    this.#closing.abort(new AppError('unavailable', 'the orchestrator is shutting down'));
    await this.#leading;
  }

  async #conduct(term: Term): Promise<void> {
    const tasks = this.#deps.openTasks();
    const { window } = tasks;
    const conducted = new Map<string, ConductedComparison>();
    const session: Session = {
      attend: async (id) => {
        const known =
          conducted.get(id) ?? new ConductedComparison({ ...this.#deps, tasks, window }, id, term);
        conducted.set(id, known);
        await known.attend();
      },
    };
    this.#tasks = tasks;
    this.#session = session;
    const behind = new Set<string>();
    // At once when the term ends, whatever else takes long: another may lead now.
    const closed = ended(term.signal).then(async () => {
      this.#session = undefined;
      this.#tasks = undefined;
      await Promise.all([...conducted.values()].map((one) => one.close()));
      await tasks.close();
    });
    this.#deps.alongside?.(term.signal).catch((error: unknown) => {
      this.#deps.logger.error({ err: error }, 'what goes on beside the comparisons has failed');
    });
    await Promise.all([this.#follow(session, term, behind), this.#retry(session, term, behind), closed]);
  }

  /** Until the term ends. A bucket that is away is waited for. */
  async #follow(session: Session, { signal }: Term, behind: Set<string>): Promise<void> {
    while (!signal.aborted) {
      try {
        for await (const id of this.#deps.records.wanted(signal)) {
          if (!this.#adoptsAll && !this.#adopted.has(id)) continue;
          // Not awaited: one that takes long to begin keeps no other waiting.
          void this.#attend(session, id, behind);
        }
      } catch (error) {
        if (signal.aborted) return;
        this.#deps.logger.warn({ err: error }, 'what is wanted of comparisons cannot be followed');
      }
      await delay(this.#deps.retryMs, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  async #retry(session: Session, { signal }: Term, behind: Set<string>): Promise<void> {
    while (!signal.aborted) {
      await delay(this.#deps.retryMs, undefined, { signal, ref: false }).catch(() => {});
      if (signal.aborted) return;
      for (const id of [...behind]) {
        behind.delete(id);
        await this.#attend(session, id, behind);
      }
    }
  }

  /** One that cannot go on, e.g. for its numerics, does not keep the others from it. */
  async #attend(session: Session, id: string, behind?: Set<string>): Promise<void> {
    try {
      await session.attend(id);
    } catch (thrown) {
      const error = AppError.from(thrown);
      this.#deps.logger.warn({ err: error, comparison: id }, 'a comparison cannot go on');
      // Any other fault stays until something else is wanted of the comparison.
      if (error.retryable || error.code === 'deadline-exceeded') behind?.add(id);
    }
  }
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
