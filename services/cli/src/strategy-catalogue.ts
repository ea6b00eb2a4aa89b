// The catalogue of strategies: this program's own registry, or that of a server, which may be another version.

import { inference, strategy } from '@alarena/api';
import { AppError } from '@alarena/core';
import { allowedValues, type Family, families, needsOf, type StrategyDescriptor } from '@alarena/strategies';

export interface StrategyView {
  readonly name: string;
  readonly summary: string;
  readonly family: FamilyView;
  /** When to prefer it; may be empty. */
  readonly advice: string;
  /** Of the pool. */
  readonly signals: readonly string[];
  /** All it needs, also of labelled and validation samples, as text. */
  readonly needs: readonly string[];
  readonly parameters: readonly ParameterView[];
  readonly source: string;
  readonly cost: string;
}

interface FamilyView {
  readonly title: string;
  readonly summary: string;
}

interface ParameterView {
  readonly name: string;
  readonly type: string;
  /** Which values it takes, as text. */
  readonly allowed: string;
  readonly default: number | boolean | string | null;
  readonly summary: string;
}

const { Signal } = inference;
const { ParameterType } = strategy;

const signalNames: ReadonlyMap<inference.Signal, string> = new Map([
  [Signal.SIGNAL_PROBABILITIES, 'probabilities'],
  [Signal.SIGNAL_MONTE_CARLO, 'monteCarlo'],
  [Signal.SIGNAL_Z, 'z'],
  [Signal.SIGNAL_A0, 'a0'],
  [Signal.SIGNAL_A1, 'a1'],
  [Signal.SIGNAL_A2, 'a2'],
  [Signal.SIGNAL_H, 'h'],
]);

const typeNames: ReadonlyMap<strategy.ParameterType, string> = new Map([
  [ParameterType.PARAMETER_TYPE_NUMBER, 'number'],
  [ParameterType.PARAMETER_TYPE_INTEGER, 'integer'],
  [ParameterType.PARAMETER_TYPE_BOOLEAN, 'boolean'],
  [ParameterType.PARAMETER_TYPE_STRING, 'string'],
]);

export function ownCatalogue(): StrategyView[] {
  return families.flatMap((family) => family.strategies.map(({ descriptor }) => ownView(descriptor, family)));
}

function ownView(descriptor: StrategyDescriptor, family: Family): StrategyView {
  const { name, summary, advice = '', signals, parameters, source, cost } = descriptor;
  return {
    ...{ name, summary, advice, signals, cost },
    family: { title: family.title, summary: family.summary },
    needs: needsOf(descriptor),
    parameters: parameters.map((parameter) => ({
      name: parameter.name,
      type: parameter.type,
      allowed: allowedValues(parameter),
      default: parameter.default,
      summary: parameter.summary,
    })),
    source: [source.paper, source.reference, source.equation].filter((part) => part !== '').join('; '),
  };
}

/** Throws an AppError `internal` for a signal or type that this version does not know. */
export function viewOf(message: strategy.Strategy): StrategyView {
  return {
    name: message.name,
    summary: message.summary,
    family: message.family ?? { title: '', summary: '' },
    advice: message.advice,
    needs: message.needs,
    signals: message.signals.map((signal) => known(signalNames, signal, message.name)),
    parameters: message.parameters.map(({ name, type, defaultValue, summary, allowed }) => ({
      name,
      type: known(typeNames, type, message.name),
      allowed,
      default: defaultValue?.value?.value ?? null,
      summary,
    })),
    source: message.source,
    cost: message.cost,
  };
}

function known<Value>(names: ReadonlyMap<Value, string>, value: Value, strategyName: string): string {
  const name = names.get(value);
  if (name !== undefined) return name;
  throw new AppError(
    'unimplemented',
    `the server describes ${strategyName} in terms of a later version; update this program`,
  );
}
