// The inference service: infer and embed tasks from their queues and by call, computed in child processes.

import { inference } from '@alarena/api';
import type { Bus } from '@alarena/bus';
import { implement, type ServiceRegistration } from '@alarena/grpc';
import type { WorkAs } from '@alarena/platform';
import type { ObjectStore } from '@alarena/store';
import { runWorker, type TaskHandler } from '@alarena/tasks';
import type { Logger } from '@alarena/telemetry';
import { Compute, type ComputeSettings } from '@alarena/worker';
import { embedHandler, inferHandler } from './handlers/infer.js';

export interface InferenceDeps {
  readonly store: ObjectStore;
  readonly bus: Bus;
  readonly logger: Logger;
  readonly compute: ComputeSettings;
  /** Told how many images were inferred, once for each pass. */
  readonly onImages?: (images: number) => void;
}

export interface Inference {
  readonly registration: ServiceRegistration;
  readonly compute: Compute;
  /** Takes tasks until the signal aborts or the worker leaves; resolves when those in work have ended. */
  work(signal: AbortSignal, as?: WorkAs): Promise<void>;
}

export function createInference(deps: InferenceDeps): Inference {
  const { store, bus, logger } = deps;
  const compute = new Compute(new URL('./child.js', import.meta.url), deps.compute);
  const computed = compute.task('infer');
  const infer: TaskHandler<'infer'> = async (inputs, context) => {
    const result = await computed(inputs, context);
    const plainPasses = inputs.probabilities || inputs.layers.length > 0 ? 1 : 0;
    deps.onImages?.(inputs.samples.count * (plainPasses + inputs.monteCarloPasses));
    return result;
  };
  const embed = compute.task('embed');
  const handlers = { store, infer, embed, numerics: () => compute.numerics() };
  return {
    registration: implement(inference.InferenceServiceService, {
      infer: inferHandler(handlers),
      embed: embedHandler(handlers),
    }),
    compute,
    work: async (signal, as) => {
      const numerics = await compute.numerics();
      const shared = { bus, store, logger, signal, numerics, concurrency: compute.slots, ...as };
      await Promise.all([
        runWorker({ ...shared, kind: 'infer', handler: infer }),
        runWorker({ ...shared, kind: 'embed', handler: embed }),
      ]);
    },
  };
}
