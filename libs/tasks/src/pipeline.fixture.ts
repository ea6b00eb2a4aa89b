// A bus, a store, a dispatcher and workers as one process of the embedded stack has them, all stopped after the test.

import { type Buckets, type Bus, InProcessBus, type InProcessBusOptions } from '@alarena/bus';
import type { AppError } from '@alarena/core';
import { FilesystemStore } from '@alarena/store';
import { createLogger } from '@alarena/telemetry';
import { type Deferred, deferred, type TestScope, temporaryFolder, waitFor, within } from '@alarena/testkit';
import {
  type Dispatched,
  type DispatcherOptions,
  type DispatchOptions,
  TaskDispatcher,
} from './dispatcher.js';
import type { TaskHandler } from './execute.js';
import { queueName } from './messages.js';
import { anyNumerics } from './numerics.js';
import type { Task, TaskKind } from './task.js';
import { taskKey } from './task-key.js';
import { numerics } from './tasks.fixture.js';
import { runWorker, type WorkerOptions } from './worker.js';

export type Run = <K extends TaskKind>(
  task: Task<K>,
  options?: Partial<DispatchOptions>,
) => Promise<Dispatched<K>>;

export interface Pipeline {
  readonly store: FilesystemStore;
  readonly bus: Bus & Buckets;
  readonly dispatcher: TaskDispatcher;
  /** Everything the dispatcher gave notice of. */
  readonly notices: readonly string[];
  readonly run: Run;
  /** Another one, on the same bus and store where nothing else is said. */
  openDispatcher(options?: Partial<DispatcherOptions>): { dispatcher: TaskDispatcher; run: Run };
  /** Returns what stops it. */
  startWorker<K extends TaskKind>(
    kind: K,
    handler: TaskHandler<K>,
    options?: Partial<WorkerOptions<K>>,
  ): () => Promise<void>;
  /** Takes the task out of its queue as soon as it is there. */
  loseMessage(task: Task): Promise<void>;
}

export const logger = createLogger({ service: 'test', level: 'silent' });
/** So seldom that only events can be what moved a test on. */
const never = 2 ** 30;

export interface RunningBus {
  readonly bus: Bus & Buckets;
  /** After the bus was closed. */
  stop(): Promise<void>;
}

/** What the pipelines of a test file run on. */
export const pipelineBus = {
  open: async (settings: InProcessBusOptions): Promise<RunningBus> => ({
    bus: new InProcessBus(settings),
    stop: async () => {},
  }),
};

export async function openPipeline(
  t: TestScope,
  {
    pollMs = never,
    dispatcher: dispatching,
    ...settings
  }: InProcessBusOptions & {
    readonly pollMs?: number;
    readonly dispatcher?: Partial<DispatcherOptions>;
  } = {},
): Promise<Pipeline> {
  const store = new FilesystemStore(await temporaryFolder(t));
  const { bus, stop: stopBus } = await pipelineBus.open({ ackWaitMs: never, ...settings });
  const stops: (() => Promise<void>)[] = [];
  const notices: string[] = [];
  const openDispatcher: Pipeline['openDispatcher'] = (options) => {
    const dispatcher = new TaskDispatcher({ bus, store, logger, pollMs, ...options });
    stops.push(() => within('the dispatcher to close', dispatcher.close()));
    const run: Run = (task, options) => {
      const result = dispatcher.run(task, {
        signal: new AbortController().signal,
        work: {},
        onNotice: (notice) => notices.push(notice),
        ...options,
      });
      const waited = within(`the ${task.kind} task`, result);
      // The test may look at it later.
      waited.catch(() => {});
      return waited;
    };
    return { dispatcher, run };
  };
  t.after(async () => {
    for (const stop of stops.reverse()) await stop();
    await bus.close();
    await stopBus();
  });
  return {
    store,
    bus,
    notices,
    openDispatcher,
    ...openDispatcher(dispatching),
    startWorker: (kind, handler, options) => {
      const controller = new AbortController();
      const profile = kind === 'select' ? anyNumerics : numerics;
      const working = runWorker({
        ...{ bus, store, kind, handler, logger, numerics: profile, concurrency: 1 },
        signal: controller.signal,
        ...options,
      });
      const stop = async (): Promise<void> => {
        controller.abort();
        await within('the worker to end', working);
      };
      stops.push(stop);
      return stop;
    },
    loseMessage: async (task) => {
      const queue = queueName(task.kind, task.numerics);
      await waitFor('the task to be queued', () => bus.withdraw(queue, taskKey(task)));
    },
  };
}

/** `target` with some methods of the test's. */
export function overriding<T extends object>(target: T, methods: Partial<T>): T {
  return new Proxy(target, {
    get: (_, name) => {
      const value: unknown = Reflect.get(name in methods ? methods : target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** `target`, whose calls of a method fail where `fault` gives an error for its name. */
export function faulty<T extends object>(target: T, fault: (method: string) => AppError | undefined): T {
  return new Proxy(target, {
    get: (_, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...inputs: unknown[]): unknown => {
        const error = fault(String(name));
        return error === undefined ? Reflect.apply(value, target, inputs) : Promise.reject(error);
      };
    },
  });
}

/** A handler whose calls the test sees and lets end one by one. */
export class Gate<K extends TaskKind> {
  calls = 0;
  readonly #handler: TaskHandler<K>;
  readonly #started: Deferred<void>[] = [];
  readonly #opened: Deferred<void>[] = [];

  constructor(handler: TaskHandler<K>) {
    this.#handler = handler;
  }

  readonly handler: TaskHandler<K> = async (inputs, context) => {
    const call = this.calls++;
    this.#at(this.#started, call).resolve();
    const { signal } = context;
    const aborted = deferred<never>();
    signal.addEventListener('abort', () => aborted.reject(signal.reason), { once: true });
    await Promise.race([this.#at(this.#opened, call).promise, aborted.promise]);
    return this.#handler(inputs, context);
  };

  /** `call` from 0. */
  started(call: number): Promise<void> {
    return within(`call ${call} of the handler`, this.#at(this.#started, call).promise);
  }

  open(call: number): void {
    this.#at(this.#opened, call).resolve();
  }

  #at(list: Deferred<void>[], call: number): Deferred<void> {
    while (list.length <= call) list.push(deferred());
    return list[call] as Deferred<void>;
  }
}
