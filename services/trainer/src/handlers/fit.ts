// The Fit call: one fit now, its epochs as they end, its result last.

import type { training } from '@alarena/api';
import type { EpochRecord } from '@alarena/compute';
import type { Metrics } from '@alarena/core';
import type { StreamHandler } from '@alarena/grpc';
import type { ObjectStore } from '@alarena/store';
import {
  arrayToProto,
  type Executed,
  executeTask,
  originToProto,
  semantics,
  type TaskHandler,
} from '@alarena/tasks';
import { decodeFit } from './decode-fit.js';

export interface FitDeps {
  readonly store: ObjectStore;
  readonly handler: TaskHandler<'fit'>;
  /** Name of the numerics profile. */
  readonly numerics: () => Promise<string>;
}

export function fitHandler(deps: FitDeps): StreamHandler<training.FitRequest, training.FitResponse> {
  return async function* (request, { signal }) {
    const inputs = await decodeFit(request, deps.store);
    const task = { kind: 'fit', semantics: semantics.fit, numerics: await deps.numerics(), inputs } as const;
    const epochs: EpochRecord[] = [];
    let wake: () => void = () => {};
    const onProgress = (_fraction: number, detail?: unknown): void => {
      epochs.push(detail as EpochRecord);
      wake();
    };
    let ended = false;
    const executed = executeTask(deps.store, task, deps.handler, { signal, onProgress }).finally(() => {
      ended = true;
      wake();
    });
    // The loop below reports its failure; until then nobody listens.
    executed.catch(() => {});
    while (!ended || epochs.length > 0) {
      const next = epochs.shift();
      if (next !== undefined) yield { event: { $case: 'epoch', value: encodeEpoch(next) } };
      else await new Promise<void>((resolve) => (wake = resolve));
    }
    yield { event: { $case: 'result', value: encodeResult(await executed) } };
  };
}

function encodeEpoch({ epoch, steps, trainingLoss, validation }: EpochRecord): training.Epoch {
  return { epoch, steps, trainingLoss, validation: encodeMetrics(validation) };
}

function encodeMetrics(metrics: Metrics | null): training.Metrics | undefined {
  return metrics === null ? undefined : { ...metrics };
}

function encodeResult({ manifest, origin }: Executed<'fit'>): training.FitResult {
  const { key, seconds, result } = manifest;
  return {
    key,
    origin: originToProto(origin),
    bestEpoch: result.bestEpoch,
    training: encodeMetrics(result.training),
    validation: encodeMetrics(result.validation),
    test: encodeMetrics(result.test),
    seconds,
    weights: Object.fromEntries(result.weights.map(({ name, array }) => [name, arrayToProto(array)])),
  };
}
