// The tasks that a worker has in work, by key: all are aborted when it stops, one when nobody wants it any more.

import type { Bus } from '@alarena/bus';
import { AppError } from '@alarena/core';
import { lastToken, withdrawSubject } from './messages.js';
import type { TaskKind } from './task.js';

export class RunningTasks {
  readonly #running = new Map<string, Set<AbortController>>();
  readonly #stop: AbortSignal;
  /** One listener, however many tasks there are. */
  readonly #onStop = (): void => {
    for (const tasks of this.#running.values()) for (const task of tasks) task.abort(this.#stop.reason);
  };

  constructor(stop: AbortSignal) {
    this.#stop = stop;
    stop.addEventListener('abort', this.#onStop, { once: true });
  }

  /** Hears of withdrawals until the signal aborts or the bus closes. */
  async listen(bus: Bus, kind: TaskKind, signal: AbortSignal): Promise<void> {
    for await (const { subject } of bus.subscribe(withdrawSubject(kind, '*'), { signal })) {
      for (const task of this.#running.get(lastToken(subject)) ?? []) {
        task.abort(new AppError('cancelled', 'nobody wants the task any more', { reason: 'TASK_WITHDRAWN' }));
      }
    }
  }

  /** Does `work`; its signal aborts when the worker stops or the task is withdrawn. */
  async during(key: string, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const task = new AbortController();
    if (this.#stop.aborted) task.abort(this.#stop.reason);
    const tasks = this.#running.get(key) ?? new Set();
    this.#running.set(key, tasks.add(task));
    try {
      await work(task.signal);
    } finally {
      tasks.delete(task);
      if (tasks.size === 0 && this.#running.get(key) === tasks) this.#running.delete(key);
    }
  }

  close(): void {
    this.#stop.removeEventListener('abort', this.#onStop);
  }
}
