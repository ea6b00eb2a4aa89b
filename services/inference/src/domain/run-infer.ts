// The infer and embed tasks: what a fitted model says of samples, rows in ascending order of id. A large set goes by in
// shards, which are stored as they are done, so that memory stays bounded.

import { inferenceBatch, inferSignals, type Model } from '@alarena/compute';
import { AppError, ndarray, sizeOf } from '@alarena/core';
import { type ArrayRef, putArray } from '@alarena/store';
import type { InferInputs, InferResult, Layer, SampleArray, TaskContext, TaskHandler } from '@alarena/tasks';
import type { Workbench } from '@alarena/worker';
import { refuseUnseen } from './seen-labels.js';
import { type RowRefs, SignalRows, widestRow } from './signal-rows.js';

export interface InferSizes {
  /** Most bytes of one stored array, unless one batch of samples takes more. */
  readonly shardBytes: number;
  /** Most bytes of images in work, likewise. */
  readonly blockBytes: number;
}

const sizesByDefault: InferSizes = { shardBytes: 32 * 2 ** 20, blockBytes: 64 * 2 ** 20 };

export function runInfer(bench: Workbench, sizes = sizesByDefault): TaskHandler<'infer'> {
  return (inputs, context) => infer(bench, inputs, context, sizes);
}

export function runEmbed(bench: Workbench): TaskHandler<'embed'> {
  return async ({ fit, samples }, context) => {
    const wanted: InferInputs = { fit, samples, probabilities: false, layers: ['z'], monteCarloPasses: 0 };
    const { layers } = await infer(bench, wanted, context, {
      ...sizesByDefault,
      shardBytes: Number.POSITIVE_INFINITY,
    });
    if (layers.z === undefined || !('uri' in layers.z))
      throw new AppError('internal', 'the model gave no features');
    return { features: layers.z };
  };
}

async function infer(
  bench: Workbench,
  inputs: InferInputs,
  context: TaskContext,
  sizes: InferSizes,
): Promise<InferResult> {
  const { signal, progress } = context;
  const options = { rewrite: context.rewriteBlobs, signal };
  const { model, fit } = await bench.fitted(inputs.fit);
  refuseMissing(inputs, model);
  if (inputs.labels) await refuseUnseen(bench.store, inputs.samples, fit.inputs);
  const dataset = await bench.dataset(fit.inputs.dataset);
  const { count } = inputs.samples;
  const width = widestRow(model, inputs);
  const labels = new Int32Array(inputs.labels ? count : 0);
  const shards: RowRefs[] = [];
  if (width > 0 || inputs.labels) {
    const read = await bench.parts(dataset, inputs.samples);
    const blockRows = wholeBatches(sizes.blockBytes / sizeOf(model.spec.sampleShape));
    for (const shard of cuts(0, count, wholeBatches(sizes.shardBytes / (4 * Math.max(width, 1))))) {
      const rows = new SignalRows(model, inputs, shard.to - shard.from);
      for (const { from, to } of cuts(shard.from, shard.to, blockRows)) {
        signal.throwIfAborted();
        const samples = await read(from, to);
        const said = (done: number): void => progress((from + done) / count);
        rows.set(from - shard.from, to - from, inferSignals(model, samples.images, inputs, inputs.fit, said));
        if (inputs.labels) labels.set(samples.labels, from);
      }
      shards.push(await rows.put(bench.store, options));
    }
  }
  const layers: { [L in Layer]?: SampleArray } = {};
  for (const layer of inputs.layers) layers[layer] = joined(shards.map((shard) => shard.layers.get(layer)));
  return {
    probabilities: inputs.probabilities ? joined(shards.map((shard) => shard.probabilities)) : null,
    monteCarlo: inputs.monteCarloPasses > 0 ? joined(shards.map((shard) => shard.monteCarlo)) : null,
    layers,
    ...(inputs.labels && {
      labels: await putArray(bench.store, ndarray('int32', [count], labels), options),
    }),
    ...(inputs.classifier && { classifier: await putArray(bench.store, model.classifier(), options) }),
  };
}

/** Signals are computed in batches of a fixed size: cuts between them change no bits. */
function wholeBatches(rows: number): number {
  return Math.max(1, Math.floor(rows / inferenceBatch)) * inferenceBatch;
}

/** At least one, also of nothing: an empty set has arrays of no rows. */
function* cuts(first: number, end: number, rows: number): Generator<{ from: number; to: number }> {
  for (let from = first; from === first || from < end; from += rows)
    yield { from, to: Math.min(from + rows, end) };
}

function joined(refs: readonly (ArrayRef | undefined)[]): SampleArray {
  const whole = refs.filter((ref) => ref !== undefined);
  const [first] = whole;
  return whole.length === 1 && first !== undefined ? first : whole;
}

function refuseMissing(inputs: InferInputs, model: Model): void {
  if (inputs.monteCarloPasses > 0 && model.maskLayers.length === 0) {
    throw new AppError(
      'failed-precondition',
      'Monte-Carlo passes need a model with dropout, and this one has none',
      {
        reason: 'SIGNAL_MISSING',
        facts: { signal: 'monteCarlo', architecture: model.spec.architecture },
      },
    );
  }
  for (const layer of inputs.layers) {
    if (model.layerWidths.has(layer)) continue;
    throw new AppError('failed-precondition', `this model has no layer ${layer}`, {
      reason: 'SIGNAL_MISSING',
      facts: { signal: layer, architecture: model.spec.architecture },
    });
  }
}
