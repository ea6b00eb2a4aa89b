// The trainer: fit tasks from the queue and by call, computed in child processes.

import { training } from '@alarena/api';
import type { Bus } from '@alarena/bus';
import { implement, type ServiceRegistration } from '@alarena/grpc';
import type { WorkAs } from '@alarena/platform';
import type { ObjectStore } from '@alarena/store';
import { runWorker, type TaskHandler } from '@alarena/tasks';
import type { Logger } from '@alarena/telemetry';
import { Compute, type ComputeSettings } from '@alarena/worker';
import { fitHandler } from './handlers/fit.js';

export interface TrainerDeps {
  readonly store: ObjectStore;
  readonly bus: Bus;
  readonly logger: Logger;
  readonly compute: ComputeSettings;
  /** Told how many images each fit was trained on, once for each epoch. */
  readonly onImages?: (images: number) => void;
}

export interface Trainer {
  readonly registration: ServiceRegistration;
  readonly compute: Compute;
  /** Takes tasks until the signal aborts or the worker leaves; resolves when those in work have ended. */
  work(signal: AbortSignal, as?: WorkAs): Promise<void>;
}

export function createTrainer(deps: TrainerDeps): Trainer {
  const { store, bus, logger } = deps;
  const compute = new Compute(new URL('./child.js', import.meta.url), deps.compute);
  const computed = compute.task('fit');
  const handler: TaskHandler<'fit'> = async (inputs, context) => {
    const result = await computed(inputs, context);
    deps.onImages?.((result.history.at(-1)?.steps ?? 0) * inputs.training.batchSize);
    return result;
  };
  const fit = fitHandler({ store, handler, numerics: () => compute.numerics() });
  return {
    registration: implement(training.TrainingServiceService, { fit }),
    compute,
    work: async (signal, as) => {
      const numerics = await compute.numerics();
      const concurrency = compute.slots;
      await runWorker({ bus, store, logger, handler, signal, kind: 'fit', numerics, concurrency, ...as });
    },
  };
}
