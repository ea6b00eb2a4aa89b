// Takes tasks of one kind from their queue. A worker may die at any moment: the bus delivers its tasks again, and a
// result exists whole or not at all. A store or bus that is away is waited for.

import type { Bus } from '@alarena/bus';
import type { ObjectStore } from '@alarena/store';
import type { Logger } from '@alarena/telemetry';
import type { TaskHandler } from './execute.js';
import { queueName } from './messages.js';
import type { WorkerMetrics } from './metrics.js';
import { isOutage, Patience } from './patience.js';
import { RunningTasks } from './running-tasks.js';
import type { TaskKind } from './task.js';
import { workOn } from './work-on.js';
import type { WorkerRegistration } from './worker-registration.js';

export interface WorkerOptions<K extends TaskKind> {
  readonly bus: Bus;
  readonly store: ObjectStore;
  readonly kind: K;
  /** Name of the numerics profile, or `any`. */
  readonly numerics: string;
  /** Tasks at once. */
  readonly concurrency: number;
  readonly handler: TaskHandler<K>;
  readonly logger: Logger;
  /** Stops taking tasks and aborts those in work; they are delivered again. */
  readonly signal: AbortSignal;
  /** While it asks this worker to drain, no tasks are taken; those in work go on. */
  readonly registration?: WorkerRegistration;
  readonly metrics?: WorkerMetrics;
  /** Time between heartbeats. Default: a quarter of the bus's limit, at most 5,000. */
  readonly heartbeatMs?: number;
  /** Tries of a task whose failure may pass, such as a computing process that died. Default: 3. */
  readonly attempts?: number;
  /**
   * Calls of a handler while the store is away, some half a minute of them, before the task is left to others.
   * Default: 8.
   */
  readonly outageTries?: number;
}

/** Works until the signal aborts; resolves when the tasks in work have ended. */
export async function runWorker<K extends TaskKind>(options: WorkerOptions<K>): Promise<void> {
  const { bus, kind, numerics, concurrency, signal, logger, registration, outageTries = 8 } = options;
  const ended = new AbortController();
  const running = new RunningTasks(signal);
  const busPatience = new Patience({ part: 'bus', logger });
  const outages = new Patience({ part: 'object store', logger, isOutage, tries: outageTries });
  const consume = async (taking: AbortSignal): Promise<void> => {
    const take = (): Promise<void> =>
      bus.consume(queueName(kind, numerics), { concurrency, signal: taking }, (delivery) =>
        workOn(options, delivery, { outages, running }),
      );
    try {
      await busPatience.call(take, taking);
    } catch (error) {
      if (!taking.aborted) throw error;
    }
  };
  const listen = (): Promise<void> => running.listen(bus, kind, ended.signal);
  const listening = busPatience.call(listen, ended.signal).catch((error: unknown) => {
    // A task that nobody wants then costs its computation.
    if (!ended.signal.aborted) logger.error({ err: error, kind }, 'withdrawals are not heard any more');
  });
  try {
    await (registration === undefined ? consume(signal) : registration.serve(consume, signal));
  } finally {
    ended.abort();
    running.close();
    await listening;
  }
}
