// From a Fit request to the inputs of a fit task. All violations at once.

import type { common, training } from '@alarena/api';
import { architectures } from '@alarena/config';
import { AppError, didYouMean, type FieldViolation } from '@alarena/core';
import { type DatasetManifest, datasetNames, lookUpDataset, samplesOf } from '@alarena/dataset';
import type { ObjectStore } from '@alarena/store';
import { type FitInputs, putIds } from '@alarena/tasks';

type Wrong = (field: string, description: string) => void;

export async function decodeFit(request: training.FitRequest, store: ObjectStore): Promise<FitInputs> {
  const violations: FieldViolation[] = [];
  const wrong: Wrong = (field, description) => {
    violations.push({ field, description });
  };
  const { model, training: options } = request;
  const dataset = await lookUpDataset(store, request.dataset);
  if (dataset === undefined) {
    const near = didYouMean(request.dataset, await datasetNames(store));
    wrong('dataset', `there is no data set "${request.dataset}"${near}`);
  }
  if (model === undefined) wrong('model', 'is missing');
  else checkModel(model, wrong);
  if (options === undefined) wrong('training', 'is missing');
  else checkTraining(options, wrong);
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

function checkModel({ architecture, dropout }: common.Model, wrong: Wrong): void {
  if (!architectures.some((name) => name === architecture)) {
    const known = didYouMean(architecture, architectures) || `; there are ${architectures.join(', ')}`;
    wrong('model.architecture', `there is no architecture "${architecture}"${known}`);
  }
  if (dropout !== undefined && !(dropout > 0 && dropout < 1)) {
    wrong('model.dropout', `must be above 0 and below 1, or not set, got ${dropout}`);
  }
}

function checkTraining(options: common.Training, wrong: Wrong): void {
  const { epochs, batchSize, learningRate, optimizer, patience } = options;
  const atLeastOne = { epochs, batch_size: batchSize, patience: patience ?? 1 };
  for (const [field, value] of Object.entries(atLeastOne)) {
    if (value < 1) wrong(`training.${field}`, `must be at least 1, got ${value}`);
  }
  if (!(learningRate > 0 && learningRate < Number.POSITIVE_INFINITY)) {
    wrong('training.learning_rate', `must be positive, got ${learningRate}`);
  }
  if (optimizer === undefined) wrong('training.optimizer', 'must be adam or sgd');
  if (optimizer?.$case !== 'sgd') return;
  const { momentum, weightDecay } = optimizer.value;
  if (!(momentum >= 0 && momentum < 1)) {
    wrong('training.sgd.momentum', `must be from 0 to below 1, got ${momentum}`);
  }
  if (!(weightDecay >= 0 && weightDecay < Number.POSITIVE_INFINITY)) {
    wrong('training.sgd.weight_decay', `must be at least 0, got ${weightDecay}`);
  }
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
  wrong: Wrong,
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
