// The spec as users write it: types, ranges and defaults of single fields. Rules that join several fields are in
// spec-rules.ts. Messages say what would be right; violations.ts adds what was given.

import { strategyNames } from '@alarena/strategies';
import { z } from 'zod';
import { architectures } from './architectures.js';
import type { KnownKeys } from './violations.js';

const maxSeeds = 10_000;
const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/;

/** Counts travel as 32-bit numbers. */
const largest = 0x7fff_ffff;

function integer(least: number, description: string) {
  return boundedInteger(least, `must be an integer of at least ${least}`).meta({ description });
}

function countOrAll(least: number, description: string) {
  const error = `must be an integer of at least ${least}, or all`;
  return z.union([boundedInteger(least, error), z.literal('all')], { error }).meta({ description });
}

function boundedInteger(least: number, error: string) {
  return z.int({ error }).min(least, error).max(largest, `must be at most ${largest}`);
}

/** Only one value of what is planned works today; the others are refused by name instead of being ignored. */
function onlyAvailable<T extends string | boolean>(available: T) {
  const value = JSON.stringify(available);
  return z
    .literal(available, {
      error: (issue) =>
        typeof issue.input === typeof available
          ? `${JSON.stringify(issue.input)} is not available in this version; only ${value} is`
          : `must be ${value}`,
    })
    .default(available);
}

function name(what: string) {
  const error = `must be a name of letters, digits, ".", "_" and "-", 80 at most, beginning with a letter or digit`;
  return z.string({ error }).regex(namePattern, error).meta({ description: what });
}

const mapping = 'must be a mapping of keys to values';
const dropRate = 'must be a number above 0 and below 1, or false';
const momentum = 'must be a number from 0 to below 1';
const weightDecay = 'must be a number of at least 0';

export const modelSchema = z.strictObject(
  {
    architecture: z
      .string({ error: `must be one of ${architectures.join(', ')}` })
      .meta({ description: 'The network.', enum: [...architectures] }),
    pretrained: onlyAvailable('none').meta({ description: 'Pretrained weights: none in this version.' }),
    freezeBackbone: onlyAvailable(false).meta({ description: 'false in this version.' }),
    dropout: z
      .union([z.number().gt(0, dropRate).lt(1, dropRate), z.literal(false)], { error: dropRate })
      .optional()
      .meta({
        description:
          'Drop rate of the head, or false. Default: 0.5 for bayesian-cnn and on mnist, otherwise 0.1.',
      }),
    inputSize: integer(
      1,
      "Side of the images in pixels; the data set's own, which is also the default.",
    ).optional(),
  },
  { error: mapping },
);

const sgdSchema = z.strictObject({
  name: z.literal('sgd', { error: 'must be "adam" or "sgd"' }),
  momentum: z.number({ error: momentum }).min(0, momentum).lt(1, momentum).default(0),
  weightDecay: z.number({ error: weightDecay }).min(0, weightDecay).default(0),
});

const adamSchema = z.strictObject({ name: z.literal('adam') });

export const trainingSchema = z.strictObject(
  {
    epochs: integer(1, 'Most epochs of one fit.').default(40),
    batchSize: integer(1, 'Samples per step.').default(64),
    optimizer: z
      .union(
        [
          z.enum(['adam', 'sgd']),
          z.discriminatedUnion('name', [adamSchema, sgdSchema], { error: 'must be "adam" or "sgd"' }),
        ],
        { error: 'must be adam, sgd, or { name: sgd, momentum, weightDecay }' },
      )
      .default('adam')
      .meta({ description: 'The optimiser.' }),
    learningRate: z
      .number({ error: 'must be a number above 0' })
      .gt(0, 'must be a number above 0')
      .default(0.001)
      .meta({ description: 'Step size.' }),
    earlyStopping: z
      .union(
        [
          z.literal(false),
          z.strictObject({ patience: integer(1, 'Epochs without improvement.').default(5) }),
        ],
        {
          error: 'must be false or { patience: epochs }',
        },
      )
      .default({ patience: 5 })
      .meta({ description: 'Ends a fit when validation macro F1 no longer rises; false: all epochs run.' }),
    minStepsPerEpoch: integer(
      1,
      'An epoch repeats the labelled set until it has made this many steps.',
    ).default(20),
    warmStart: onlyAvailable(false).meta({ description: 'false in this version.' }),
    trainOn: onlyAvailable('all').meta({ description: 'all in this version.' }),
  },
  { error: mapping },
);

export const protocolSchema = z.strictObject(
  {
    poolSize: countOrAll(1, 'Samples a strategy may pick from, the initial labels included.').default('all'),
    initialLabels: integer(1, 'Labels before the first query.').default(20),
    labelsPerRound: integer(1, 'Labels a query buys.').default(20),
    rounds: countOrAll(1, 'Queries; all: until the pool is empty.').default(4),
    validationSize: integer(0, 'Samples for early stopping.').default(500),
    testSize: countOrAll(1, 'Samples to measure on.').default('all'),
    monteCarloPasses: integer(1, 'Passes for strategies that need them.').default(10),
  },
  { error: mapping },
);

const parameterValue = 'must be a number, true, false or text';

export const strategyEntrySchema = z.strictObject({
  name: z.string({ error: 'must be the name of a strategy' }).meta({
    description: 'Name of the strategy.',
    enum: [...strategyNames],
  }),
  params: z
    .record(z.string(), z.union([z.number(), z.boolean(), z.string()], { error: parameterValue }), {
      error: 'must be a mapping of parameters to values',
    })
    .default({})
    .meta({ description: "The strategy's parameters; missing ones take their default." }),
  as: name("Name of this entry in reports; default: the strategy's name.").optional(),
});

const entryKinds = 'must be the name of a strategy, or { name, params, as }';
const seedKinds = `must be how many seeds, from 1 to ${maxSeeds}, or a list of integers`;

const seedsSchema = z
  .union(
    [
      z.int().min(1, seedKinds).max(maxSeeds, seedKinds),
      z
        .array(z.int({ error: 'must be an integer' }))
        .min(1, 'must name at least one seed')
        .max(maxSeeds, `must name at most ${maxSeeds} seeds`),
    ],
    { error: seedKinds },
  )
  .default(3)
  .meta({ description: 'How many seeds (0, 1, 2, …), or which.' });

export const specFileSchema = z
  .strictObject({
    name: name('Name of the comparison.'),
    dataset: name('Name of the data set, e.g. mnist.'),
    model: modelSchema,
    training: trainingSchema.prefault({}),
    protocol: protocolSchema.prefault({}),
    strategies: z
      .array(z.union([strategyEntrySchema.shape.name, strategyEntrySchema], { error: entryKinds }), {
        error: 'must be a list of strategies',
      })
      .min(1, 'must name at least one strategy'),
    seeds: seedsSchema,
  })
  .meta({ title: 'alarena comparison', description: 'Strategies x seeds under one protocol.' });

export type SpecFile = z.output<typeof specFileSchema>;

/** What may stand in each mapping of a spec, to suggest the nearest key for a mistyped one. */
export const knownSpecKeys: KnownKeys = new Map([
  ['', Object.keys(specFileSchema.shape)],
  ['model', Object.keys(modelSchema.shape)],
  ['training', Object.keys(trainingSchema.shape)],
  ['training.optimizer', Object.keys(sgdSchema.shape)],
  ['training.earlyStopping', ['patience']],
  ['protocol', Object.keys(protocolSchema.shape)],
  ['strategies', Object.keys(strategyEntrySchema.shape)],
]);
