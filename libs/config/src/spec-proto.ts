// A spec to its protobuf message and back. What the message lacks is what this version has only one value of.

import type { common, comparison, strategy } from '@alarena/api';
import type { Parameters } from '@alarena/strategies';
import type { ComparisonSpec, CountOrAll, OptimizerSpec } from './spec.js';
import { validateSpec } from './validate-spec.js';

type OptimizerMessage = NonNullable<common.Training['optimizer']>;

export function specToProto(spec: ComparisonSpec): comparison.ComparisonSpec {
  const { model, training, protocol } = spec;
  return {
    name: spec.name,
    dataset: spec.dataset,
    model: { architecture: model.architecture, dropout: model.dropout === false ? undefined : model.dropout },
    training: {
      epochs: training.epochs,
      batchSize: training.batchSize,
      learningRate: training.learningRate,
      optimizer: optimizerToProto(training.optimizer),
      patience: training.earlyStopping === false ? undefined : training.earlyStopping.patience,
      minStepsPerEpoch: training.minStepsPerEpoch,
    },
    protocol: {
      poolSize: unsetForAll(protocol.poolSize),
      initialLabels: protocol.initialLabels,
      labelsPerRound: protocol.labelsPerRound,
      rounds: unsetForAll(protocol.rounds),
      validationSize: protocol.validationSize,
      testSize: unsetForAll(protocol.testSize),
      monteCarloPasses: protocol.monteCarloPasses,
    },
    strategies: spec.strategies.map(({ name, params, as }) => ({
      name,
      parameters: parametersToProto(params),
      as,
    })),
    seeds: spec.seeds.map((seed) => BigInt(seed)),
  };
}

/** Any client may have made the message: throws the same AppError `invalid-argument` as a spec file would. */
export function specFromProto(message: comparison.ComparisonSpec): ComparisonSpec {
  const { model, training, protocol } = message;
  return validateSpec({
    name: message.name,
    dataset: message.dataset,
    model: model && { architecture: model.architecture, dropout: model.dropout ?? false },
    training: training && {
      epochs: training.epochs,
      batchSize: training.batchSize,
      learningRate: training.learningRate,
      optimizer: optimizerFromProto(training.optimizer),
      earlyStopping: training.patience === undefined ? false : { patience: training.patience },
      minStepsPerEpoch: training.minStepsPerEpoch,
    },
    protocol: protocol && {
      ...protocol,
      poolSize: protocol.poolSize ?? 'all',
      rounds: protocol.rounds ?? 'all',
      testSize: protocol.testSize ?? 'all',
    },
    strategies: message.strategies.map(({ name, parameters, as }) => ({
      name,
      params: rawParameters(parameters),
      as: as === '' ? undefined : as,
    })),
    seeds: message.seeds.map(Number),
  });
}

export function parametersToProto(parameters: Parameters): Record<string, strategy.ParameterValue> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [name, { value: parameterToProto(value) }]),
  );
}

function parameterToProto(value: number | boolean | string): strategy.ParameterValue['value'] {
  if (typeof value === 'number') return { $case: 'number', value };
  return typeof value === 'boolean' ? { $case: 'boolean', value } : { $case: 'text', value };
}

/** Unset values become null, which no parameter takes: the strategy's own check names them. */
export function rawParameters(
  parameters: Readonly<Record<string, strategy.ParameterValue>>,
): Record<string, number | boolean | string | null> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, { value }]) => [name, value === undefined ? null : value.value]),
  );
}

function optimizerToProto(optimizer: OptimizerSpec): OptimizerMessage {
  if (optimizer.name === 'adam') return { $case: 'adam', value: {} };
  return { $case: 'sgd', value: { momentum: optimizer.momentum, weightDecay: optimizer.weightDecay } };
}

function optimizerFromProto(optimizer: OptimizerMessage | undefined): OptimizerSpec | undefined {
  if (optimizer?.$case === 'sgd') return { name: 'sgd', ...optimizer.value };
  return optimizer && { name: 'adam' };
}

function unsetForAll(count: CountOrAll): number | undefined {
  return count === 'all' ? undefined : count;
}
