// The fit task: trains on the labelled set, keeps the best weights, measures on the test samples.

import { type EpochRecord, fit, measure } from '@alarena/compute';
import { AppError } from '@alarena/core';
import { putArray } from '@alarena/store';
import type { FitResult, TaskHandler } from '@alarena/tasks';
import type { Workbench } from '@alarena/worker';
import { openCheckpoints } from './checkpoints.js';

/** Reports each epoch as progress. The fraction is of the most epochs there can be: early stopping ends sooner. */
export function runFit(bench: Workbench): TaskHandler<'fit'> {
  return async (inputs, { key, rewriteBlobs, signal, progress }): Promise<FitResult> => {
    const dataset = await bench.dataset(inputs.dataset);
    const training = await bench.samples(dataset, inputs.labelled);
    const validation = inputs.validation.count === 0 ? null : await bench.samples(dataset, inputs.validation);
    const test = await bench.samples(dataset, inputs.test);
    if (test.labels.length === 0)
      throw new AppError('invalid-argument', 'a fit needs at least one test sample');
    const model = bench.modelFor(inputs, dataset.manifest);
    const { store, checkpointEveryMs: everyMs } = bench;
    const checkpoints = await openCheckpoints({ store, key, everyMs });
    const { history, bestEpoch } = await fit(model, { training, validation }, inputs.training, inputs.seed, {
      checkpoints,
      signal,
      onEpoch: (epoch: EpochRecord) => progress(epoch.epoch / inputs.training.epochs, epoch),
    });
    const weights = [];
    for (const [name, array] of model.getWeights()) {
      weights.push({ name, array: await putArray(bench.store, array, { rewrite: rewriteBlobs }) });
    }
    const result = {
      ...{ weights, history, bestEpoch },
      training: measure(model, training),
      validation: validation === null ? null : measure(model, validation),
      test: measure(model, test),
    };
    await checkpoints.remove();
    return result;
  };
}
