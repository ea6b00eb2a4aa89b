// The Infer and Embed calls: one task now, its arrays by reference.

import { type common, inference } from '@alarena/api';
import { AppError, type FieldViolation } from '@alarena/core';
import type { UnaryHandler } from '@alarena/grpc';
import type { ObjectStore } from '@alarena/store';
import {
  arrayToProto,
  executeTask,
  getResult,
  type InferInputs,
  type InferResult,
  type Layer,
  originToProto,
  putIds,
  type SampleArray,
  semantics,
  shardsOf,
  type TaskHandler,
} from '@alarena/tasks';

export interface InferenceDeps {
  readonly store: ObjectStore;
  readonly infer: TaskHandler<'infer'>;
  readonly embed: TaskHandler<'embed'>;
  /** Name of the numerics profile. */
  readonly numerics: () => Promise<string>;
}

const { Signal } = inference;
const layerSignals: ReadonlyMap<inference.Signal, Layer> = new Map([
  [Signal.SIGNAL_A0, 'a0'],
  [Signal.SIGNAL_A1, 'a1'],
  [Signal.SIGNAL_A2, 'a2'],
  [Signal.SIGNAL_H, 'h'],
  [Signal.SIGNAL_Z, 'z'],
]);

export function inferHandler(
  deps: InferenceDeps,
): UnaryHandler<inference.InferRequest, inference.InferResponse> {
  return async (request, { signal }) => {
    const inputs = await decodeInfer(request, deps.store);
    const task = {
      kind: 'infer',
      semantics: semantics.infer,
      numerics: await deps.numerics(),
      inputs,
    } as const;
    const { manifest, origin } = await executeTask(deps.store, task, deps.infer, { signal });
    return { key: manifest.key, origin: originToProto(origin), ...encodeResult(manifest.result) };
  };
}

export function embedHandler(
  deps: InferenceDeps,
): UnaryHandler<inference.EmbedRequest, inference.EmbedResponse> {
  return async (request, { signal }) => {
    refuse('these samples cannot be embedded', [
      ...keyViolations(request.fitKey),
      ...idViolations(request.samples),
    ]);
    await getResult(deps.store, 'fit', request.fitKey);
    const inputs = { fit: request.fitKey, samples: await putIds(deps.store, request.samples?.ids ?? []) };
    const task = {
      kind: 'embed',
      semantics: semantics.embed,
      numerics: await deps.numerics(),
      inputs,
    } as const;
    const { manifest, origin } = await executeTask(deps.store, task, deps.embed, { signal });
    const { features } = manifest.result;
    return { key: manifest.key, origin: originToProto(origin), features: arrayToProto(features) };
  };
}

async function decodeInfer(request: inference.InferRequest, store: ObjectStore): Promise<InferInputs> {
  const { signals, monteCarloPasses } = request;
  const violations = [...keyViolations(request.fitKey), ...idViolations(request.samples)];
  if (signals.length === 0 && !request.labels && !request.classifier)
    violations.push({ field: 'signals', description: 'must name at least one signal' });
  const known = (signal: inference.Signal): boolean =>
    layerSignals.has(signal) ||
    signal === Signal.SIGNAL_PROBABILITIES ||
    signal === Signal.SIGNAL_MONTE_CARLO;
  signals.forEach((signal, i) => {
    if (!known(signal))
      violations.push({ field: `signals[${i}]`, description: `there is no signal ${signal}` });
  });
  const monteCarlo = signals.includes(Signal.SIGNAL_MONTE_CARLO);
  if (monteCarlo && monteCarloPasses < 2) {
    violations.push({
      field: 'monte_carlo_passes',
      description: `must be at least 2, got ${monteCarloPasses}`,
    });
  }
  refuse('these signals cannot be computed', violations);
  await getResult(store, 'fit', request.fitKey);
  return {
    fit: request.fitKey,
    samples: await putIds(store, request.samples?.ids ?? []),
    probabilities: signals.includes(Signal.SIGNAL_PROBABILITIES),
    layers: [...layerSignals].filter(([signal]) => signals.includes(signal)).map(([, layer]) => layer),
    monteCarloPasses: monteCarlo ? monteCarloPasses : 0,
    ...(request.labels && { labels: true }),
    ...(request.classifier && { classifier: true }),
  };
}

function keyViolations(key: string): FieldViolation[] {
  if (/^[0-9a-f]{64}$/.test(key)) return [];
  return [
    { field: 'fit_key', description: `must be the key of a fit, 64 lower-case hex digits, got "${key}"` },
  ];
}

function idViolations(samples: common.SampleIds | undefined): FieldViolation[] {
  const ids = samples?.ids ?? [];
  if (ids.length === 0) return [{ field: 'samples', description: 'must name at least one sample' }];
  return new Set(ids).size === ids.length ? [] : [{ field: 'samples', description: 'names a sample twice' }];
}

function refuse(what: string, violations: readonly FieldViolation[]): void {
  if (violations.length > 0) throw AppError.invalid(what, violations);
}

function encodeResult(result: InferResult): Omit<inference.InferResponse, 'key' | 'origin'> {
  const signals: inference.SignalArray[] = [];
  const add = (signal: inference.Signal, array: SampleArray | null | undefined): void => {
    const shards = shardsOf(array).map(arrayToProto);
    const [first] = shards;
    if (first === undefined) return;
    signals.push(
      shards.length === 1 ? { signal, array: first, shards: [] } : { signal, array: undefined, shards },
    );
  };
  add(Signal.SIGNAL_PROBABILITIES, result.probabilities);
  add(Signal.SIGNAL_MONTE_CARLO, result.monteCarlo);
  for (const [signal, layer] of layerSignals) add(signal, result.layers[layer]);
  const { labels, classifier } = result;
  return {
    signals,
    labels: labels && arrayToProto(labels),
    classifier: classifier && arrayToProto(classifier),
  };
}
