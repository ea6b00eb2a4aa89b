// A spec as YAML with every default written out; `parseSpec` reads it back to an equal spec.

import { stringify } from 'yaml';
import type { ComparisonSpec, OptimizerSpec, StrategyEntry } from './spec.js';

export function specToYaml(spec: ComparisonSpec): string {
  const { training, strategies, seeds } = spec;
  const shown = {
    ...spec,
    training: { ...training, optimizer: optimizerShown(training.optimizer) },
    strategies: strategies.map(entryShown),
    seeds: consecutiveFromZero(seeds) ? seeds.length : seeds,
  };
  return stringify(shown, { lineWidth: 100 });
}

function optimizerShown(optimizer: OptimizerSpec): string | OptimizerSpec {
  return optimizer.name === 'adam' ? 'adam' : optimizer;
}

function entryShown({ name, params, as }: StrategyEntry): string | Partial<StrategyEntry> {
  const parameters = Object.keys(params).length === 0 ? {} : { params };
  if (as === name && parameters.params === undefined) return name;
  return { name, ...parameters, ...(as === name ? {} : { as }) };
}

function consecutiveFromZero(seeds: readonly number[]): boolean {
  return seeds.every((seed, index) => seed === index);
}
