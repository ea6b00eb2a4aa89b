// The way from what a user wrote to a `ComparisonSpec`: single fields by the schema, then the rules that join
// fields. Every violation is reported at once.

import { AppError } from '@alarena/core';
import { checkParameters, getStrategy } from '@alarena/strategies';
import type { z } from 'zod';
import { defaultDropout, isArchitecture } from './architectures.js';
import type { ComparisonSpec, OptimizerSpec, StrategyEntry } from './spec.js';
import { type EntryFacts, ruleViolations, type SpecFacts } from './spec-rules.js';
import {
  knownSpecKeys,
  modelSchema,
  protocolSchema,
  type SpecFile,
  specFileSchema,
  strategyEntrySchema,
  trainingSchema,
} from './spec-schema.js';
import { inSpecOrder, violationsOf } from './violations.js';

type Raw = Readonly<Record<string, unknown>>;

/** Throws an AppError `invalid-argument` that carries every violation; `what` begins its message. */
export function validateSpec(value: unknown, what = 'the spec is not valid:'): ComparisonSpec {
  if (!isRaw(value)) {
    const description = 'must be a mapping with at least name, dataset, model and strategies';
    throw AppError.invalid(what, [{ field: '', description: `the spec ${description}` }]);
  }
  const result = specFileSchema.safeParse(value);
  const facts = factsOf(value);
  const violations = [...violationsOf(result.error, value, knownSpecKeys), ...ruleViolations(facts)];
  if (violations.length > 0 || !result.success) {
    throw AppError.invalid(what, inSpecOrder(violations, Object.keys(specFileSchema.shape)));
  }
  return complete(result.data);
}

function factsOf(raw: Raw): SpecFacts {
  const model = section(raw.model);
  const training = section(raw.training);
  const protocol = section(raw.protocol);
  const { shape } = protocolSchema;
  const earlyStopping = field(trainingSchema.shape.earlyStopping, training.earlyStopping);
  return {
    dataset: field(specFileSchema.shape.dataset, raw.dataset),
    architecture: field(modelSchema.shape.architecture, model.architecture),
    dropout: model.dropout === undefined ? 'default' : field(modelSchema.shape.dropout, model.dropout),
    inputSize: field(modelSchema.shape.inputSize, model.inputSize),
    earlyStopping: earlyStopping === undefined ? undefined : earlyStopping !== false,
    poolSize: field(shape.poolSize, protocol.poolSize),
    initialLabels: field(shape.initialLabels, protocol.initialLabels),
    labelsPerRound: field(shape.labelsPerRound, protocol.labelsPerRound),
    rounds: field(shape.rounds, protocol.rounds),
    validationSize: field(shape.validationSize, protocol.validationSize),
    monteCarloPasses: field(shape.monteCarloPasses, protocol.monteCarloPasses),
    strategies: Array.isArray(raw.strategies) ? raw.strategies.map(entryFacts) : [],
    seeds: Array.isArray(raw.seeds) ? raw.seeds : [],
  };
}

function entryFacts(entry: unknown, index: number): EntryFacts {
  const raw = typeof entry === 'string' ? { name: entry } : section(entry);
  const { shape } = strategyEntrySchema;
  return {
    index,
    name: field(shape.name, raw.name),
    as: field(shape.as, raw.as),
    params: field(shape.params, raw.params),
  };
}

/** The parsed field, default included, or undefined when it is wrong by itself. */
function field<S extends z.ZodType>(schema: S, value: unknown): z.output<S> | undefined {
  return schema.safeParse(value).data;
}

function section(value: unknown): Raw {
  return isRaw(value) ? value : {};
}

function isRaw(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function complete(file: SpecFile): ComparisonSpec {
  const { architecture, pretrained, freezeBackbone } = file.model;
  if (!isArchitecture(architecture)) throw new TypeError(`unchecked architecture ${architecture}`);
  const dropout = file.model.dropout ?? defaultDropout(architecture, file.dataset);
  return {
    name: file.name,
    dataset: file.dataset,
    model: { architecture, pretrained, freezeBackbone, dropout },
    training: { ...file.training, optimizer: optimizerOf(file.training.optimizer) },
    protocol: file.protocol,
    strategies: file.strategies.map(entryOf),
    seeds: seedsOf(file.seeds),
  };
}

function optimizerOf(optimizer: SpecFile['training']['optimizer']): OptimizerSpec {
  if (optimizer === 'adam') return { name: 'adam' };
  return optimizer === 'sgd' ? { name: 'sgd', momentum: 0, weightDecay: 0 } : optimizer;
}

function entryOf(entry: SpecFile['strategies'][number]): StrategyEntry {
  const { name, params, as } = typeof entry === 'string' ? { name: entry, params: {}, as: entry } : entry;
  const { parsed } = checkParameters(getStrategy(name).descriptor, params);
  return { name, params: parsed, as: as ?? name };
}

function seedsOf(seeds: SpecFile['seeds']): readonly number[] {
  return typeof seeds === 'number' ? Array.from({ length: seeds }, (_, seed) => seed) : seeds;
}
