// Rules that join several fields of a spec. They run on whatever single fields were right, so that a spec with a
// typo in one place still has everything else checked: all violations come at once.

import { didYouMean, type FieldViolation } from '@alarena/core';
import { checkParameters, getStrategy, strategyNames, unknownStrategy } from '@alarena/strategies';
import {
  type Architecture,
  architectures,
  defaultDropout,
  isArchitecture,
  signalsOf,
} from './architectures.js';
import type { CountOrAll } from './spec.js';

/** What is known of a spec: fields that are wrong by themselves are absent. */
export interface SpecFacts {
  readonly dataset: string | undefined;
  readonly architecture: string | undefined;
  readonly dropout: number | false | 'default' | undefined;
  readonly inputSize: number | undefined;
  readonly earlyStopping: boolean | undefined;
  readonly poolSize: CountOrAll | undefined;
  readonly initialLabels: number | undefined;
  readonly labelsPerRound: number | undefined;
  readonly rounds: CountOrAll | undefined;
  readonly validationSize: number | undefined;
  readonly monteCarloPasses: number | undefined;
  readonly strategies: readonly EntryFacts[];
  /** As written; empty when they are given by number. */
  readonly seeds: readonly unknown[];
}

export interface EntryFacts {
  readonly index: number;
  readonly name: string | undefined;
  readonly as: string | undefined;
  readonly params: unknown;
}

/** Data sets that come with the program, and the side of their images in pixels. */
const builtInSides: ReadonlyMap<string, number> = new Map([['mnist', 28]]);

const leastMonteCarloPasses = 2;

export function ruleViolations(facts: SpecFacts): FieldViolation[] {
  return [...modelRules(facts), ...protocolRules(facts), ...strategyRules(facts), ...seedRules(facts)];
}

function modelRules({ architecture, dataset, inputSize }: SpecFacts): FieldViolation[] {
  const violations: FieldViolation[] = [];
  if (architecture !== undefined && !isArchitecture(architecture)) {
    const known = didYouMean(architecture, architectures) || `; there are ${architectures.join(', ')}`;
    const description = `there is no architecture "${architecture}"${known}`;
    violations.push({ field: 'model.architecture', description });
  }
  if (inputSize !== undefined && inputSize !== builtInSides.get(dataset ?? '')) {
    const description =
      "resizing images is not available in this version; leave it out, and the data set's own size is used";
    violations.push({ field: 'model.inputSize', description });
  }
  return violations;
}

function protocolRules(facts: SpecFacts): FieldViolation[] {
  const { poolSize, initialLabels, labelsPerRound, rounds, validationSize } = facts;
  const violations: FieldViolation[] = [];
  if (facts.earlyStopping === true && validationSize === 0) {
    const description = 'must be at least 1 while training.earlyStopping is on; or set that to false';
    violations.push({ field: 'protocol.validationSize', description });
  }
  if (typeof poolSize !== 'number' || initialLabels === undefined) return violations;
  if (initialLabels > poolSize) {
    const description = `must be at most the pool's ${poolSize} samples, got ${initialLabels}`;
    violations.push({ field: 'protocol.initialLabels', description });
  } else if (typeof rounds === 'number' && labelsPerRound !== undefined) {
    const possible = Math.ceil((poolSize - initialLabels) / labelsPerRound);
    if (rounds > possible) {
      const description =
        `must be at most ${possible}, got ${rounds}: a pool of ${poolSize} with ${initialLabels} initial labels ` +
        `and ${labelsPerRound} per round is empty after ${possible} queries; "all" stops there by itself`;
      violations.push({ field: 'protocol.rounds', description });
    }
  }
  return violations;
}

function strategyRules(facts: SpecFacts): FieldViolation[] {
  const violations: FieldViolation[] = [];
  const firstWithName = new Map<string, number>();
  const passes = new Map<number, string[]>();
  const validated: string[] = [];
  for (const { index, name, as, params } of facts.strategies) {
    const field = `strategies[${index}]`;
    const entry = as ?? name;
    const first = entry === undefined ? undefined : firstWithName.get(entry);
    if (first !== undefined) {
      const description = `has the name "${entry}" of strategies[${first}]; give one of them another with "as"`;
      violations.push({ field, description });
    } else if (entry !== undefined) firstWithName.set(entry, index);
    if (name === undefined) continue;
    if (!strategyNames.includes(name)) {
      violations.push({ field, description: unknownStrategy(name) });
      continue;
    }
    const { descriptor } = getStrategy(name);
    violations.push(...checkParameters(descriptor, params, `${field}.params`).violations);
    const { signals, labelledSignals, validationSignals = [], leastPasses } = descriptor;
    const reason = missingSignals(name, [...signals, ...labelledSignals, ...validationSignals], facts);
    if (reason !== undefined) violations.push({ field, description: reason });
    if (validationSignals.length > 0) validated.push(entry ?? name);
    if (!signals.includes('monteCarlo')) continue;
    const least = Math.max(leastMonteCarloPasses, leastPasses ?? 0);
    passes.set(least, [...(passes.get(least) ?? []), entry ?? name]);
  }
  return [...violations, ...passRules(passes, facts), ...validationRules(validated, facts)];
}

/** `needed`: entries by the fewest Monte-Carlo passes they work with. */
function passRules(
  needed: ReadonlyMap<number, readonly string[]>,
  { monteCarloPasses }: SpecFacts,
): FieldViolation[] {
  if (monteCarloPasses === undefined) return [];
  const tooFew = [...needed].filter(([least]) => monteCarloPasses < least);
  if (tooFew.length === 0) return [];
  const wants = tooFew.map(([least, entries]) => `at least ${least} for ${entries.join(', ')}`);
  const description = `must be ${wants.join(' and ')}, got ${monteCarloPasses}`;
  return [{ field: 'protocol.monteCarloPasses', description }];
}

function validationRules(entries: readonly string[], { validationSize }: SpecFacts): FieldViolation[] {
  if (entries.length === 0 || validationSize !== 0) return [];
  const description = `must be at least 1 for ${entries.join(', ')}, which learn from validation samples`;
  return [{ field: 'protocol.validationSize', description }];
}

function missingSignals(strategy: string, needed: readonly string[], facts: SpecFacts): string | undefined {
  const { architecture, dropout } = facts;
  if (architecture === undefined || !isArchitecture(architecture) || dropout === undefined) return undefined;
  const rate = dropout === 'default' ? defaultDropout(architecture, facts.dataset ?? '') : dropout;
  const given = signalsOf(architecture, rate);
  const known = new Set<string>(given);
  // Labels are no output of the model.
  const missing = [...new Set(needed)].filter((signal) => signal !== 'labels' && !known.has(signal));
  if (missing.length === 0) return undefined;
  return `${strategy} needs ${missing.map(signalNames).join(' and ')}, which ${modelName(architecture, rate)} does not have; ${remedy(architecture)}`;
}

function modelName(architecture: Architecture, dropout: number | false): string {
  return dropout === false ? `${architecture} without dropout (model.dropout: false)` : architecture;
}

function remedy(architecture: Architecture): string {
  return `set model.dropout to a rate, e.g. ${defaultDropout(architecture, '')}, or leave the strategy out`;
}

function signalNames(signal: string): string {
  if (signal === 'monteCarlo') return 'Monte-Carlo passes';
  return signal === 'probabilities' ? signal : `the activations ${signal}`;
}

function seedRules({ seeds }: SpecFacts): FieldViolation[] {
  const seen = new Set<unknown>();
  const violations: FieldViolation[] = [];
  for (const [index, seed] of seeds.entries()) {
    if (seen.has(seed))
      violations.push({ field: `seeds[${index}]`, description: `repeats the seed ${String(seed)}` });
    seen.add(seed);
  }
  return violations;
}
