// Two strategies, one after the other: the first keeps a few times k samples, the second picks of those.

import { AppError } from '@alarena/core';
import { checkPool } from '../checks.js';
import type { NumericParameter, ParameterDefinition, Parameters } from '../parameters.js';
import { rowsAt } from '../rows-at.js';
import type { Strategy, StrategyDescriptor } from '../strategy.js';
import { presampledParts } from './presampled-parts.js';

const factor: NumericParameter = {
  name: 'factor',
  type: 'integer',
  default: 4,
  min: 1,
  summary: 'how many times k samples the first strategy keeps',
};

/** Named `<then>_<first>`; takes the parameters of both. */
export function presample(first: Strategy, then: Strategy): Strategy {
  const descriptor = composed(first.descriptor, then.descriptor);
  const most = (k: number, parameters: Parameters): number => k * Number(parameters[factor.name]);
  return {
    descriptor,
    ...(first.scorer &&
      then.scorer && { byParts: presampledParts(descriptor, first.scorer, then.scorer, most) }),
    select: (pool, k, parameters, random, tools) => {
      checkPool(descriptor, pool, k);
      const size = Math.min(pool.ids.length, most(k, parameters));
      const kept = first.select(pool, size, parameters, random, tools);
      const positionOf = new Map(Array.from(pool.ids, (id, position) => [id, position]));
      const positions = Int32Array.from(kept.ids, (id) => positionOf.get(id) ?? 0);
      const picked = then.select(rowsAt(pool, positions), k, parameters, random, tools);
      return { ...picked, notes: [...kept.notes, ...picked.notes] };
    },
  };
}

function composed(first: StrategyDescriptor, then: StrategyDescriptor): StrategyDescriptor {
  const union = <T>(a: readonly T[] = [], b: readonly T[] = []): T[] => [...new Set([...a, ...b])];
  const name = `${then.name}_${first.name}`;
  return {
    name,
    summary: `of the most pressing by ${first.name}, ${then.summary}`,
    signals: union(first.signals, then.signals),
    labelledSignals: union(first.labelledSignals, then.labelledSignals),
    validationSignals: union(first.validationSignals, then.validationSignals),
    ...((first.classifier ?? then.classifier) && { classifier: true }),
    leastPasses: Math.max(first.leastPasses ?? 1, then.leastPasses ?? 1),
    parameters: distinct(name, [factor, ...first.parameters, ...then.parameters]),
    source: {
      paper: then.source.paper,
      reference: then.source.reference,
      equation: `the factor · k best by ${first.name} (${first.source.equation}), then of these the k best by ${then.name} (${then.source.equation})`,
    },
    cost: `${first.cost.slice(0, -1)} + ${then.cost.slice(2)}`,
    semantics: first.semantics + then.semantics - 1,
  };
}

function distinct(
  strategy: string,
  parameters: readonly ParameterDefinition[],
): readonly ParameterDefinition[] {
  const names = parameters.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) < at);
  if (twice === undefined) return parameters;
  throw new AppError('internal', `${strategy} would have two parameters ${twice}`);
}
