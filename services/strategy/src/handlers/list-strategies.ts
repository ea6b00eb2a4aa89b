// The ListStrategies call: the catalogue, from the registry.

import { inference, strategy } from '@alarena/api';
import { parametersToProto } from '@alarena/config';
import type { UnaryHandler } from '@alarena/grpc';
import {
  allowedValues,
  type Family,
  families,
  needsOf,
  type ParameterDefinition,
  type Signal,
  type StrategyDescriptor,
} from '@alarena/strategies';

const signalToProto: Readonly<Record<Signal, inference.Signal>> = {
  probabilities: inference.Signal.SIGNAL_PROBABILITIES,
  monteCarlo: inference.Signal.SIGNAL_MONTE_CARLO,
  z: inference.Signal.SIGNAL_Z,
  a0: inference.Signal.SIGNAL_A0,
  a1: inference.Signal.SIGNAL_A1,
  a2: inference.Signal.SIGNAL_A2,
  h: inference.Signal.SIGNAL_H,
};

export const listStrategies: UnaryHandler<
  strategy.ListStrategiesRequest,
  strategy.ListStrategiesResponse
> = async () => ({
  strategies: families.flatMap((family) =>
    family.strategies.map(({ descriptor }) => encode(descriptor, family)),
  ),
});

function encode(descriptor: StrategyDescriptor, { title, summary: idea }: Family): strategy.Strategy {
  const { name, summary, cost, source, advice = '' } = descriptor;
  return {
    name,
    summary,
    cost,
    advice,
    family: { title, summary: idea },
    needs: needsOf(descriptor),
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
  const allowed = allowedValues(definition);
  return { name, summary, type: parameterTypes[type], defaultValue, allowed };
}
