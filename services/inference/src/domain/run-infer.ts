// The infer and embed tasks: what a fitted model says of samples, rows in ascending order of id.

import { inferSignals } from '@alarena/compute';
import { AppError, ndarray } from '@alarena/core';
import { type ArrayRef, putArray } from '@alarena/store';
import type { InferInputs, InferResult, Layer, TaskContext, TaskHandler } from '@alarena/tasks';
import type { Fitted, Workbench } from '@alarena/worker';

export function runInfer(bench: Workbench): TaskHandler<'infer'> {
  return (inputs, context) => infer(bench, inputs, context);
}

export function runEmbed(bench: Workbench): TaskHandler<'embed'> {
  return async ({ fit, samples }, context) => {
    const wanted: InferInputs = { fit, samples, probabilities: false, layers: ['z'], monteCarloPasses: 0 };
    const { layers } = await infer(bench, wanted, context);
    if (layers.z === undefined) throw new AppError('internal', 'the model gave no features');
    return { features: layers.z };
  };
}

async function infer(bench: Workbench, inputs: InferInputs, context: TaskContext): Promise<InferResult> {
  const { rewriteBlobs, progress } = context;
  const { model, fit } = await bench.fitted(inputs.fit);
  refuseMissing(inputs, { model, fit });
  const dataset = await bench.dataset(fit.inputs.dataset);
  const { images } = await bench.samples(dataset, inputs.samples);
  const samples = inputs.samples.count;
  const signals = inferSignals(model, images, inputs, inputs.fit, (done, total) => progress(done / total));
  const put = (data: Float32Array | undefined, shape: readonly number[]): Promise<ArrayRef | null> =>
    data === undefined
      ? Promise.resolve(null)
      : putArray(bench.store, ndarray('float32', shape, data), { rewrite: rewriteBlobs });
  const { classes } = model.spec;
  const layers: { [L in Layer]?: ArrayRef } = {};
  for (const [layer, data] of signals.layers) {
    const array = await put(data, [samples, model.layerWidths.get(layer) ?? 0]);
    if (array !== null) layers[layer] = array;
  }
  return {
    probabilities: await put(signals.probabilities, [samples, classes]),
    monteCarlo: await put(signals.monteCarlo, [inputs.monteCarloPasses, samples, classes]),
    layers,
  };
}

function refuseMissing(inputs: InferInputs, { model }: Fitted): void {
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
