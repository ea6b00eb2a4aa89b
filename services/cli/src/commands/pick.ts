// `alarena pick STRATEGY -k K …`: a strategy applied to one's own arrays. Needs no stack.

import { AppError } from '@alarena/core';
import { getStrategy, type Parameters, parseParameters, type StrategyDescriptor } from '@alarena/strategies';
import { computeArrays } from '../arrays/compute-arrays.js';
import type { PickRequest } from '../arrays/request.js';
import type { CommandContext } from '../context.js';
import { ExitStatus } from '../exit-status.js';
import { pickText } from '../format/pick.js';
import { fractionBar } from '../progress/fraction-bar.js';
import { print } from './print.js';

/** By the names of the options. */
export interface PickOptions {
  readonly k: number;
  readonly probabilities?: string;
  readonly mc?: string;
  readonly features?: string;
  readonly a0?: string;
  readonly a1?: string;
  readonly a2?: string;
  readonly h?: string;
  readonly labels?: string;
  readonly labelled?: string;
  readonly validation?: string;
  readonly classifier?: string;
  readonly params?: readonly string[];
  readonly seed: number;
}

export async function pick(
  context: CommandContext,
  strategy: string,
  options: PickOptions,
): Promise<ExitStatus> {
  const { descriptor } = getStrategy(strategy);
  const { k, seed, probabilities, mc, features, a0, a1, a2, h, params = [] } = options;
  const { labels, labelled, validation, classifier } = options;
  const parameters = parseParameters(descriptor, rawParameters(descriptor, params), '--params');
  const request: PickRequest = {
    ...{ strategy, k, seed, parameters },
    arrays: defined({ probabilities, monteCarlo: mc, z: features, a0, a1, a2, h }),
    ...defined({ labels, labelled, validation, classifier }),
  };
  const bar = fractionBar(context.terminal, strategy);
  try {
    const result = await computeArrays('pick', request, context.signal, bar.update);
    const { pool, ids, scores, notes, seconds, history } = result;
    const document = { strategy, k, seed, parameters, pool, ids, scores, notes, seconds, history };
    bar.stop();
    print(context, document, () => pickText(strategy, parameters, result));
    return ExitStatus.done;
  } finally {
    bar.stop();
  }
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function defined<T extends object>(values: T): Defined<T>;
function defined(values: object): object {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/** `name=value …`, read by the types of the parameters, or one JSON object. */
function rawParameters(descriptor: StrategyDescriptor, assignments: readonly string[]): unknown {
  const [first = ''] = assignments;
  if (first.trimStart().startsWith('{')) return jsonOf(assignments.join(' '));
  const raw = new Map<string, Parameters[string]>();
  for (const assignment of assignments) {
    const [, name, text] = /^([^=]+)=(.*)$/s.exec(assignment) ?? [];
    if (name === undefined || text === undefined) {
      throw refusal(`must be name=value or a JSON object, got "${assignment}"`);
    }
    if (raw.has(name)) throw refusal(`gives ${name} twice`);
    const type = descriptor.parameters.find((known) => known.name === name)?.type;
    // What does not fit stays text, for the schema to refuse as it was written.
    if ((type === 'number' || type === 'integer') && text.trim() !== '' && !Number.isNaN(Number(text))) {
      raw.set(name, Number(text));
    } else if (type === 'boolean' && (text === 'true' || text === 'false')) raw.set(name, text === 'true');
    else raw.set(name, text);
  }
  return Object.fromEntries(raw);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw refusal(`is no JSON: ${AppError.from(error).message}`);
  }
}

function refusal(description: string): AppError {
  return AppError.invalid('the parameters:', [{ field: '--params', description }]);
}
