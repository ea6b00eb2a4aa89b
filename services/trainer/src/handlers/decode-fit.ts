// From a Fit request to the inputs of a fit task. All violations at once.

import type { common, training } from '@alarena/api';
import { AppError, type FieldViolation } from '@alarena/core';
import { type DatasetManifest, lookUpDataset, samplesOf } from '@alarena/dataset';
import type { ObjectStore } from '@alarena/store';
import { type FitInputs, putIds } from '@alarena/tasks';

export async function decodeFit(request: training.FitRequest, store: ObjectStore): Promise<FitInputs> {
  const violations: FieldViolation[] = [];
  const wrong = (field: string, description: string): void => {
    violations.push({ field, description });
  };
  const { model, training: options } = request;
  const dataset = await lookUpDataset(store, request.dataset);
  if (dataset === undefined) wrong('dataset', `there is no data set "${request.dataset}"`);
  if (model === undefined) wrong('model', 'is missing');
  else if (model.dropout !== undefined && !(model.dropout > 0 && model.dropout < 1)) {
    wrong('model.dropout', `must be above 0 and below 1, or not set, got ${model.dropout}`);
  }
  if (options === undefined) wrong('training', 'is missing');
  else {
    for (const field of ['epochs', 'batchSize'] as const) {
      if (options[field] < 1) wrong(`training.${field}`, `must be at least 1, got ${options[field]}`);
    }
    if (!(options.learningRate > 0)) {
      wrong('training.learning_rate', `must be positive, got ${options.learningRate}`);
    }
    if (options.optimizer === undefined) wrong('training.optimizer', 'must be adam or sgd');
  }
  const labelled = ids(request.labelled, 'labelled', dataset, wrong);
  const validation = ids(request.validation, 'validation', dataset, wrong);
  const test = ids(request.test, 'test', dataset, wrong);
  if (labelled.length === 0) wrong('labelled', 'must name at least one sample');
  if (test.length === 0) wrong('test', 'must name at least one sample');
  const seed = Number(request.seed);
  if (!Number.isSafeInteger(seed)) wrong('seed', `must be a safe integer, got ${request.seed}`);
  if (violations.length > 0 || dataset === undefined || model === undefined || options === undefined) {
    throw AppError.invalid('this fit cannot be done', violations);
  }
  return {
    dataset: dataset.digest,
    model: { architecture: model.architecture, dropout: model.dropout ?? null },
    training: {
      epochs: options.epochs,
      batchSize: options.batchSize,
      optimizer: decodeOptimizer(options),
      learningRate: options.learningRate,
      patience: options.patience ?? null,
      minStepsPerEpoch: options.minStepsPerEpoch,
    },
    seed,
    labelled: await putIds(store, labelled),
    validation: await putIds(store, validation),
    test: await putIds(store, test),
  };
}

function decodeOptimizer({ optimizer }: common.Training): FitInputs['training']['optimizer'] {
  if (optimizer?.$case !== 'sgd') return { name: 'adam' };
  const { momentum, weightDecay } = optimizer.value;
  return { name: 'sgd', momentum, weightDecay };
}

/** The ids of a list that the data set has; the others are violations. */
function ids(
  list: common.SampleIds | undefined,
  field: string,
  dataset: DatasetManifest | undefined,
  wrong: (field: string, description: string) => void,
): number[] {
  const given = list?.ids ?? [];
  if (new Set(given).size !== given.length) wrong(field, 'names a sample twice');
  const limit = dataset === undefined ? Number.POSITIVE_INFINITY : samplesOf(dataset);
  const unknown = given.filter((id) => id >= limit);
  if (unknown.length > 0) {
    wrong(field, `the data set has the ids 0 to ${limit - 1}, not ${unknown.slice(0, 3).join(', ')}`);
  }
  return given;
}
