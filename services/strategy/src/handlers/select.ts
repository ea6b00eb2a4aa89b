// The Select call: one query now. The signals it needs are inferred first, by the inference service over the bus.

import type { strategy } from '@alarena/api';
import { rawParameters } from '@alarena/config';
import { AppError, type FieldViolation } from '@alarena/core';
import type { UnaryHandler } from '@alarena/grpc';
import type { ObjectStore } from '@alarena/store';
import { checkParameters, type Signal, strategies, unknownStrategy } from '@alarena/strategies';
import {
  anyNumerics,
  getResult,
  originToProto,
  planQuery,
  putIds,
  type Query,
  type TaskDispatcher,
} from '@alarena/tasks';

export interface SelectDeps {
  readonly store: ObjectStore;
  readonly dispatcher: TaskDispatcher;
}

export function selectHandler({
  store,
  dispatcher,
}: SelectDeps): UnaryHandler<strategy.SelectRequest, strategy.SelectResponse> {
  return async (request, { signal }) => {
    const plan = planQuery(await decode(request, store));
    for (const task of plan.infer) await dispatcher.run(task, { signal, work: {} });
    // Over the queue as well: the dispatcher has signals made again that turn out corrupt.
    const { manifest, origin } = await dispatcher.run(plan.select, { signal, work: {} });
    const { ids, scores, notes, history } = manifest.result;
    return {
      key: manifest.key,
      origin: originToProto(origin === 'stored' ? 'stored' : 'computed'),
      picks: ids.map((id, i) => ({ id, score: scores[i] ?? 0 })),
      notes: [...notes],
      history: [...(history ?? [])],
    };
  };
}

async function decode(request: strategy.SelectRequest, store: ObjectStore): Promise<Query> {
  const violations: FieldViolation[] = [];
  const wrong = (field: string, description: string): void => {
    violations.push({ field, description });
  };
  const descriptor = strategies.find((one) => one.descriptor.name === request.strategy)?.descriptor;
  const checked = descriptor && checkParameters(descriptor, rawParameters(request.parameters), 'parameters');
  if (descriptor === undefined) wrong('strategy', unknownStrategy(request.strategy));
  violations.push(...(checked?.violations ?? []));
  const { k, fitKey, monteCarloPasses } = request;
  const pool = request.pool?.ids ?? [];
  const labelled = request.labelled?.ids ?? [];
  const validation = request.validation?.ids ?? [];
  if (k < 1 || k > pool.length) wrong('k', `must be from 1 to the pool's ${pool.length}, got ${k}`);
  for (const [field, ids] of Object.entries({ pool, labelled, validation })) {
    if (new Set(ids).size !== ids.length) wrong(field, 'names a sample twice');
  }
  for (const [ids, what] of [
    [labelled, 'labelled already'],
    [validation, 'a validation sample'],
  ] as const) {
    const known = new Set(ids);
    const doubled = pool.find((id) => known.has(id));
    if (doubled !== undefined) wrong('pool', `sample ${doubled} is ${what}`);
  }
  const seed = Number(request.seed);
  if (!Number.isSafeInteger(seed)) wrong('seed', `must be a safe integer, got ${request.seed}`);
  const signals: readonly Signal[] = descriptor?.signals ?? [];
  const leastPasses = Math.max(2, descriptor?.leastPasses ?? 0);
  if (signals.includes('monteCarlo') && monteCarloPasses < leastPasses) {
    wrong('monte_carlo_passes', `must be at least ${leastPasses}, got ${monteCarloPasses}`);
  }
  const needsValidation = (descriptor?.validationSignals ?? []).length > 0;
  if (needsValidation && validation.length === 0) {
    wrong('validation', `${request.strategy} learns from validation samples, and there are none`);
  }
  const needsFit = signals.length > 0 || needsValidation || (descriptor?.labelledSignals.length ?? 0) > 0;
  if (needsFit && !/^[0-9a-f]{64}$/.test(fitKey)) {
    wrong('fit_key', `must be the key of a fit, 64 lower-case hex digits, got "${fitKey}"`);
  }
  if (violations.length > 0 || checked === undefined)
    throw AppError.invalid('this query cannot be made', violations);
  const numerics = needsFit ? (await getResult(store, 'fit', fitKey)).numerics : anyNumerics;
  return {
    strategy: request.strategy,
    parameters: checked.parsed,
    entry: request.entry === '' ? request.strategy : request.entry,
    ...{ k, seed, round: request.round, fit: fitKey, monteCarloPasses, numerics },
    pool: await putIds(store, pool),
    labelled: await putIds(store, labelled),
    validation: await putIds(store, validation),
  };
}
