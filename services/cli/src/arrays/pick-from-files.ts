// Applies a strategy to NPY files, in the thread that calls it. Strategies that score samples one by one see the pool in
// blocks, so that its size does not matter; the others get all of it.

import { AppError, namedRandom } from '@alarena/core';
import {
  getStrategy,
  plainTools,
  type Selection,
  type Signal,
  type Strategy,
  type StrategyDescriptor,
  selectFromParts,
  type Tools,
} from '@alarena/strategies';
import { gatherPool, poolParts } from './pool.js';
import { arrayOptions, arrayShapes, type PickRequest, type PickResult, signals } from './request.js';
import { SampleRows } from './rows.js';
import { BLOCK_BYTES, SignalFile, type SignalFiles } from './signal-file.js';

/** `blockBytes`: how much of a file is read at a time. */
export function pickFromFiles(
  request: PickRequest,
  tools: Tools = plainTools,
  blockBytes = BLOCK_BYTES,
): PickResult {
  const started = performance.now();
  const strategy = getStrategy(request.strategy);
  checkGiven(strategy.descriptor, request);
  const files = openFiles(request, blockBytes);
  try {
    const samples = sampleRows(strategy.descriptor, request, files);
    const selection = optionsNamed(() => select(strategy, request, files, samples, tools));
    const needed = neededSignals(strategy.descriptor);
    const notes = [...files.values()].flatMap((file) => {
      if (needed.has(file.signal)) return file.notes;
      const { name } = strategy.descriptor;
      return [`${arrayOptions[file.signal]}: ${name} needs no values of it, only its rows were counted`];
    });
    return {
      ...selection,
      notes: [...selection.notes, ...notes],
      pool: samples.ids.pool.length,
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    for (const file of files.values()) file.close();
  }
}

/** Every option that is missing, at once. */
function checkGiven(
  descriptor: StrategyDescriptor,
  { arrays, labels, validation, classifier }: PickRequest,
): void {
  const { name, labelledSignals, validationSignals = [] } = descriptor;
  const missing = [...neededSignals(descriptor)]
    .filter((signal) => arrays[signal] === undefined)
    .map((signal) => ({
      field: arrayOptions[signal],
      description: `${name} needs it: ${arrayShapes[signal]}`,
    }));
  if (labels === undefined && [...labelledSignals, ...validationSignals].includes('labels')) {
    missing.push({ field: '--labels', description: `${name} needs it: the class of each sample` });
  }
  if (validation === undefined && validationSignals.length > 0) {
    missing.push({ field: '--validation', description: `${name} needs it: the rows of the validation set` });
  }
  if (classifier === undefined && descriptor.classifier) {
    const description = `${name} needs it: classes x (width of --h + 1), weights of the last layer, the bias last`;
    missing.push({ field: '--classifier', description });
  }
  if (Object.keys(arrays).length === 0 && missing.length === 0) {
    const description = `${name} needs no values, but give one array, so that the number of samples is known`;
    missing.push({ field: arrayOptions.probabilities, description });
  }
  if (missing.length > 0) throw AppError.invalid(`${name} cannot pick:`, missing);
}

function neededSignals(descriptor: StrategyDescriptor): Set<Signal> {
  return new Set([...descriptor.signals, ...knownSignals(descriptor)]);
}

/** Those of samples that are not in the pool. */
function knownSignals({ labelledSignals, validationSignals = [] }: StrategyDescriptor): Signal[] {
  return [...labelledSignals, ...validationSignals].filter((name) => name !== 'labels');
}

function openFiles({ arrays }: PickRequest, blockBytes: number): SignalFiles {
  const files = new Map<Signal, SignalFile>();
  try {
    for (const signal of signals) {
      const path = arrays[signal];
      if (path !== undefined) files.set(signal, new SignalFile(signal, path, blockBytes));
    }
    return files;
  } catch (error) {
    for (const file of files.values()) file.close();
    throw error;
  }
}

/** An array has the rows of all samples, or those of the pool alone; the longest one has all. */
function sampleRows(descriptor: StrategyDescriptor, request: PickRequest, files: SignalFiles): SampleRows {
  const total = Math.max(...Array.from(files.values(), (file) => file.rows));
  for (const file of files.values()) if (file.rows === 0) throw file.refusal('has no rows');
  const samples = new SampleRows(total, request);
  const pool = samples.ids.pool.length;
  const { name } = descriptor;
  if (pool === 0) {
    const description = `leave nothing to pick: all ${total} rows are labelled or of the validation set`;
    throw AppError.invalid(`${name} cannot pick:`, [{ field: '--labelled and --validation', description }]);
  }
  for (const file of files.values()) {
    if (file.rows === total) continue;
    const wanted = pool === total ? `${total} samples` : `${total} samples (all) or ${pool} (the pool)`;
    if (file.rows !== pool) throw file.refusal(`must have ${wanted} as the others have, got ${file.rows}`);
    const known = [...knownSignals(descriptor)].some((signal) => signal === file.signal);
    if (known)
      throw file.refusal(`has only the pool's ${pool} rows; ${name} needs those of all ${total} samples`);
  }
  if (request.k <= pool) return samples;
  const description = `must be at most the pool's size, ${pool}, got ${request.k}`;
  throw AppError.invalid(`${name} cannot pick:`, [{ field: '-k', description }]);
}

function select(
  strategy: Strategy,
  request: PickRequest,
  files: SignalFiles,
  samples: SampleRows,
  tools: Tools,
): Selection {
  const { k, parameters, seed } = request;
  const { descriptor, byParts } = strategy;
  // As the first round of a comparison draws.
  const random = namedRandom(seed, 0, 'pick', descriptor.name);
  const needed = [...neededSignals(descriptor)];
  if (byParts !== undefined) {
    return selectFromParts(strategy, poolParts(files, needed, samples, tools), k, parameters, random);
  }
  return strategy.select(
    gatherPool(descriptor, request, files, needed, samples),
    k,
    parameters,
    random,
    tools,
  );
}

const fieldOptions: Readonly<Record<string, string>> = {
  k: '-k',
  'labelled.labels': '--labels',
  'validation.labels': '--labels',
  labelled: '--labelled',
  validation: '--validation',
  classifier: '--classifier',
};

/** What a strategy says of its inputs, said of the options they came by. */
function optionsNamed<T>(task: () => T): T {
  try {
    return task();
  } catch (thrown) {
    const error = AppError.from(thrown);
    if (error.code !== 'invalid-argument') throw error;
    const violations = error.violations.map(({ field, description }) => {
      const [, set, name] = /^(?:(labelled|validation)\.)?signals\.(\w+)$/.exec(field) ?? [];
      const signal = signals.find((known) => known === name);
      const option = signal === undefined ? (fieldOptions[field] ?? field) : arrayOptions[signal];
      return { field: set === undefined ? option : `${option} (${set} rows)`, description };
    });
    throw AppError.invalid(error.message.split('\n')[0] ?? '', violations);
  }
}
