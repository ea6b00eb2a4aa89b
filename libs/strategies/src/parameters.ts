// Parameters of strategies: a small typed schema, so that help texts, defaults and checks come from one place.

import { AppError, didYouMean, type FieldViolation } from '@alarena/core';

interface Common {
  /** Lower snake case, as in specs. */
  readonly name: string;
  readonly summary: string;
}

export interface NumericParameter extends Common {
  readonly type: 'number' | 'integer';
  readonly default: number;
  /** Inclusive. */
  readonly min?: number;
  /** Inclusive. */
  readonly max?: number;
}

export interface BooleanParameter extends Common {
  readonly type: 'boolean';
  readonly default: boolean;
}

export interface StringParameter extends Common {
  readonly type: 'string';
  readonly default: string;
  /** The values allowed; any, where left out. */
  readonly choices?: readonly string[];
}

export type ParameterDefinition = NumericParameter | BooleanParameter | StringParameter;

/** Every parameter of a strategy by name, defaults filled in: part of a `select` task's key. */
export type Parameters = Readonly<Record<string, number | boolean | string>>;

interface Parameterised {
  readonly name: string;
  readonly parameters: readonly ParameterDefinition[];
}

/**
 * Checks `raw` (an object, or undefined for all defaults) against the strategy's schema and fills in defaults.
 * Throws an AppError `invalid-argument` with every violation; their fields start with `prefix`.
 */
export function parseParameters(strategy: Parameterised, raw: unknown, prefix = 'params'): Parameters {
  const { parsed, violations } = checkParameters(strategy, raw, prefix);
  if (violations.length > 0) throw AppError.invalid(`parameters of ${strategy.name}:`, violations);
  return parsed;
}

/** As `parseParameters`, but returns the violations: for callers that collect those of a whole spec. */
export function checkParameters(
  strategy: Parameterised,
  raw: unknown,
  prefix = 'params',
): { parsed: Parameters; violations: FieldViolation[] } {
  const parsed: Record<string, number | boolean | string> = {};
  for (const definition of strategy.parameters) parsed[definition.name] = definition.default;
  if (raw === undefined || raw === null) return { parsed, violations: [] };
  if (typeof raw !== 'object' || Array.isArray(raw)) {
    return { parsed, violations: [{ field: prefix, description: 'must be an object of parameters' }] };
  }
  const violations: FieldViolation[] = [];
  for (const [name, value] of Object.entries(raw)) {
    const definition = strategy.parameters.find((known) => known.name === name);
    const fault = definition === undefined ? unknownName(strategy, name) : faultOf(definition, value);
    if (fault !== undefined) violations.push({ field: `${prefix}.${name}`, description: fault });
    else parsed[name] = value;
  }
  return { parsed, violations };
}

function unknownName(strategy: Parameterised, name: string): string {
  const names = strategy.parameters.map((known) => known.name);
  if (names.length === 0) return `${strategy.name} takes no parameters`;
  return `${strategy.name} has no such parameter${didYouMean(name, names) || `; it has ${names.join(', ')}`}`;
}

/** Which values a parameter takes: `an integer of at least 1`. */
export function allowedValues(definition: ParameterDefinition): string {
  if (definition.type === 'boolean') return 'true or false';
  if (definition.type === 'string') {
    const { choices } = definition;
    return choices === undefined ? 'a string' : `one of ${choices.join(', ')}`;
  }
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = definition;
  return `${definition.type === 'integer' ? 'an integer' : 'a number'}${rangeOf(min, max)}`;
}

/** What is wrong with the value, or undefined. */
function faultOf(definition: ParameterDefinition, value: unknown): string | undefined {
  if (fits(definition, value)) return undefined;
  const choices = definition.type === 'string' ? (definition.choices ?? []) : [];
  const nearest = typeof value === 'string' ? didYouMean(value, choices) : '';
  return `must be ${allowedValues(definition)}, got ${shown(value)}${nearest}`;
}

function fits(definition: ParameterDefinition, value: unknown): boolean {
  if (definition.type === 'boolean') return typeof value === 'boolean';
  if (definition.type === 'string') {
    return typeof value === 'string' && (definition.choices?.includes(value) ?? true);
  }
  const { type, min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = definition;
  if (typeof value !== 'number' || !Number.isFinite(value) || value < min || value > max) return false;
  return type === 'number' || Number.isSafeInteger(value);
}

function rangeOf(min: number, max: number): string {
  if (Number.isFinite(min) && Number.isFinite(max)) return ` in [${min}, ${max}]`;
  if (Number.isFinite(min)) return ` of at least ${min}`;
  return Number.isFinite(max) ? ` of at most ${max}` : '';
}

function shown(value: unknown): string {
  return typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? typeof value);
}
