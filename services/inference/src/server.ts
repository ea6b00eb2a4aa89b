// The inference service: infer and embed tasks from their queues and by call, computed in child processes.

import { inference } from '@alarena/api';
import type { Bus } from '@alarena/bus';
import { implement, type ServiceRegistration } from '@alarena/grpc';
import type { ObjectStore } from '@alarena/store';
import { runWorker } from '@alarena/tasks';
import type { Logger } from '@alarena/telemetry';
import { Compute, type ComputeSettings } from '@alarena/worker';
import { embedHandler, inferHandler } from './handlers/infer.js';

export interface InferenceDeps {
  readonly store: ObjectStore;
  readonly bus: Bus;
  readonly logger: Logger;
  readonly compute: ComputeSettings;
}

export interface Inference {
  readonly registration: ServiceRegistration;
  readonly compute: Compute;
  /** Takes tasks until the signal aborts; resolves when those in work have ended. */
  work(signal: AbortSignal): Promise<void>;
}

export function createInference(deps: InferenceDeps): Inference {
  const { store, bus, logger } = deps;
  const compute = new Compute(new URL('./child.js', import.meta.url), deps.compute);
  const infer = compute.task('infer');
  const embed = compute.task('embed');
  const handlers = { store, infer, embed, numerics: () => compute.numerics() };
  return {
    registration: implement(inference.InferenceServiceService, {
      infer: inferHandler(handlers),
      embed: embedHandler(handlers),
    }),
    compute,
    work: async (signal) => {
      const numerics = await compute.numerics();
      const shared = { bus, store, logger, signal, numerics, concurrency: compute.slots };
      await Promise.all([
        runWorker({ ...shared, kind: 'infer', handler: infer }),
        runWorker({ ...shared, kind: 'embed', handler: embed }),
      ]);
    },
  };
}
