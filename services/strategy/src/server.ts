// The strategy service: select tasks from the queue and by call, and the catalogue.

import { strategy } from '@alarena/api';
import type { Bus } from '@alarena/bus';
import { implement, type ServiceRegistration } from '@alarena/grpc';
import type { ObjectStore } from '@alarena/store';
import { anyNumerics, runWorker, TaskDispatcher } from '@alarena/tasks';
import type { Logger } from '@alarena/telemetry';
import { runSelect } from './domain/run-select.js';
import { listStrategies } from './handlers/list-strategies.js';
import { selectHandler } from './handlers/select.js';

export interface StrategyDeps {
  readonly store: ObjectStore;
  readonly bus: Bus;
  readonly logger: Logger;
  /** Select tasks at once. They share one thread, so more than one only hides the store's latency. */
  readonly concurrency: number;
}

export interface StrategyService {
  readonly registration: ServiceRegistration;
  /** Takes tasks until the signal aborts; resolves when those in work have ended. */
  work(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export function createStrategyService({ store, bus, logger, concurrency }: StrategyDeps): StrategyService {
  const handler = runSelect(store);
  const dispatcher = new TaskDispatcher({ store, bus, logger });
  return {
    registration: implement(strategy.StrategyServiceService, {
      listStrategies,
      select: selectHandler({ store, dispatcher }),
    }),
    work: (signal) =>
      runWorker({ bus, store, logger, handler, signal, concurrency, kind: 'select', numerics: anyNumerics }),
    close: () => dispatcher.close(),
  };
}
