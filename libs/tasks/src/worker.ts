// Takes tasks of one kind from their queue, does each once, and says what became of it. A worker may die at any
// moment: the bus delivers its tasks again, and a result exists whole or not at all.

import type { Bus, Delivery } from '@alarena/bus';
import { AppError } from '@alarena/core';
import type { ObjectStore } from '@alarena/store';
import { Attribute, type Logger, withSpan, workLogger } from '@alarena/telemetry';
import { executeTask, type TaskHandler } from './execute.js';
import {
  decode,
  encode,
  failedEvent,
  queueName,
  type TaskEvent,
  type TaskOrder,
  taskSubject,
} from './messages.js';
import { putFailure } from './results.js';
import type { TaskKind } from './task.js';
import { taskKey } from './task-key.js';

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
  /** Time between heartbeats; well below the bus's limit. Default: 5,000. */
  readonly heartbeatMs?: number;
  /** Tries of a task whose failure may pass, such as a computing process that died. Default: 3. */
  readonly attempts?: number;
}

const retryDelayMs = 500;
const progressEveryMs = 250;

/** Works until the signal aborts; resolves when the tasks in work have ended. */
export async function runWorker<K extends TaskKind>(options: WorkerOptions<K>): Promise<void> {
  const { bus, kind, numerics, concurrency, signal } = options;
  await bus.consume(queueName(kind, numerics), { concurrency, signal }, (delivery) =>
    work(options, delivery),
  );
}

async function work<K extends TaskKind>(options: WorkerOptions<K>, delivery: Delivery): Promise<void> {
  const { task, repair, work: fields } = decode<TaskOrder<K>>(delivery.payload);
  const key = taskKey(task);
  const logger = workLogger(options.logger, { ...fields, task: key });
  const attributes = {
    [Attribute.taskKind]: task.kind,
    [Attribute.taskKey]: key,
    [Attribute.taskAttempt]: delivery.attempt,
    ...(fields.comparison !== undefined && { [Attribute.comparison]: fields.comparison }),
    ...(fields.cell !== undefined && { [Attribute.cell]: fields.cell }),
    ...(fields.round !== undefined && { [Attribute.round]: fields.round }),
  };
  const say = (event: TaskEvent): Promise<void> =>
    options.bus.publishEvent({ subject: taskSubject(task.kind, key), payload: encode(event) });
  const heartbeat = setInterval(() => void delivery.working().catch(() => {}), options.heartbeatMs ?? 5_000);
  let lastProgress = Number.NEGATIVE_INFINITY;
  const onProgress = (fraction: number): void => {
    const now = performance.now();
    if (now - lastProgress < progressEveryMs) return;
    lastProgress = now;
    void say({ state: 'progress', fraction }).catch(() => {});
  };
  const run = (): ReturnType<typeof executeTask<K>> =>
    executeTask(options.store, task, options.handler, { signal: options.signal, repair, onProgress });
  try {
    const { manifest, origin } = await withSpan(`task ${task.kind}`, attributes, run, {
      kind: 'consumer',
      parent: { ...delivery.headers },
    });
    logger.info({ kind: task.kind, origin, seconds: manifest.seconds }, 'task done');
  } catch (thrown) {
    await settleFailure(options, delivery, task.kind, key, AppError.from(thrown), logger, say);
    return;
  } finally {
    clearInterval(heartbeat);
  }
  // A bus that fails here does not undo the result: the next delivery finds it.
  await delivery.ack();
  await say({ state: 'done' });
}

async function settleFailure<K extends TaskKind>(
  options: WorkerOptions<K>,
  delivery: Delivery,
  kind: K,
  key: string,
  error: AppError,
  logger: Logger,
  say: (event: TaskEvent) => Promise<void>,
): Promise<void> {
  if (options.signal.aborted) {
    // The worker ends; the task is somebody else's, at once.
    await delivery.nak(0);
    return;
  }
  const tries = options.attempts ?? 3;
  if (error.retryable && delivery.attempt < tries) {
    logger.warn({ kind, attempt: delivery.attempt, err: error }, 'task failed; it is tried again');
    await delivery.nak(retryDelayMs * 2 ** (delivery.attempt - 1));
    return;
  }
  logger.warn({ kind, attempt: delivery.attempt, err: error }, 'task failed');
  // A store that is full cannot keep the failure; the event still tells it.
  await putFailure(options.store, kind, key, error).catch((cause: unknown) => {
    logger.warn({ err: cause }, 'the failure could not be stored');
  });
  await delivery.term(error.message);
  await say(failedEvent(error));
}
