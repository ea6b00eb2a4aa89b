// The ListStrategies call: the catalogue, from the registry.

import { inference, strategy } from '@alarena/api';
import { parametersToProto } from '@alarena/config';
import type { UnaryHandler } from '@alarena/grpc';
import {
  type ParameterDefinition,
  type Signal,
  type StrategyDescriptor,
  strategies,
} from '@alarena/strategies';

const signalToProto: Readonly<Record<Signal, inference.Signal>> = {
  probabilities: inference.Signal.SIGNAL_PROBABILITIES,
  monteCarlo: inference.Signal.SIGNAL_MONTE_CARLO,
  z: inference.Signal.SIGNAL_Z,
  a0: inference.Signal.SIGNAL_A0,
  a1: inference.Signal.SIGNAL_A1,
  a2: inference.Signal.SIGNAL_A2,
};

export const listStrategies: UnaryHandler<
  strategy.ListStrategiesRequest,
  strategy.ListStrategiesResponse
> = async () => ({ strategies: strategies.map(({ descriptor }) => encode(descriptor)) });

function encode(descriptor: StrategyDescriptor): strategy.Strategy {
  const { name, summary, cost, source } = descriptor;
  return {
    name,
    summary,
    cost,
    signals: descriptor.signals.map((signal) => signalToProto[signal]),
    parameters: descriptor.parameters.map(encodeParameter),
    source: [source.paper, source.reference, source.equation].filter((part) => part !== '').join('; '),
  };
}

const parameterTypes: Readonly<Record<ParameterDefinition['type'], strategy.ParameterType>> = {
  number: strategy.ParameterType.PARAMETER_TYPE_NUMBER,
  integer: strategy.ParameterType.PARAMETER_TYPE_INTEGER,
  boolean: strategy.ParameterType.PARAMETER_TYPE_BOOLEAN,
  string: strategy.ParameterType.PARAMETER_TYPE_STRING,
};

function encodeParameter(definition: ParameterDefinition): strategy.Parameter {
  const { name, summary, type } = definition;
  const defaultValue = parametersToProto({ [name]: definition.default })[name];
  return { name, summary, type: parameterTypes[type], defaultValue };
}
