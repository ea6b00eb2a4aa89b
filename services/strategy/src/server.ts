// The strategy service: select tasks from the queue and by call, computed in child processes, and the catalogue.

import { strategy } from '@alarena/api';
import type { Bus } from '@alarena/bus';
import { implement, type ServiceRegistration } from '@alarena/grpc';
import type { WorkAs } from '@alarena/platform';
import type { ObjectStore } from '@alarena/store';
import { anyNumerics, runWorker, TaskDispatcher } from '@alarena/tasks';
import type { Logger } from '@alarena/telemetry';
import { Compute, type PlainComputeSettings } from '@alarena/worker';
import { listStrategies } from './handlers/list-strategies.js';
import { selectHandler } from './handlers/select.js';

export interface StrategyDeps {
  readonly store: ObjectStore;
  readonly bus: Bus;
  readonly logger: Logger;
  /** `slots`: select tasks at once; `threads`: of one. Neither changes what is picked. */
  readonly compute: Omit<PlainComputeSettings, 'cancelLimitMs'>;
}

export interface StrategyService {
  readonly registration: ServiceRegistration;
  readonly compute: Compute;
  /** Takes tasks until the signal aborts or the worker leaves; resolves when those in work have ended. */
  work(signal: AbortSignal, as?: WorkAs): Promise<void>;
  close(): Promise<void>;
}

/** Strategies do not stop to listen: a child that is cancelled is killed, which loses nothing but its start-up. */
const cancelLimitMs = 1_000;

export function createStrategyService(deps: StrategyDeps): StrategyService {
  const { store, bus, logger } = deps;
  const compute = new Compute(new URL('./child.js', import.meta.url), { ...deps.compute, cancelLimitMs });
  const dispatcher = new TaskDispatcher({ store, bus, logger });
  return {
    registration: implement(strategy.StrategyServiceService, {
      listStrategies,
      select: selectHandler({ store, dispatcher }),
    }),
    compute,
    work: (signal, as) =>
      runWorker({
        bus,
        store,
        logger,
        handler: compute.task('select'),
        signal,
        concurrency: compute.slots,
        kind: 'select',
        numerics: anyNumerics,
        ...as,
      }),
    close: () => dispatcher.close(),
  };
}
