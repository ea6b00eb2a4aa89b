// The Select call: one query now. The signals it needs are inferred first, by the inference service.

import type { strategy } from '@alarena/api';
import { rawParameters } from '@alarena/config';
import { AppError, type FieldViolation } from '@alarena/core';
import type { UnaryHandler } from '@alarena/grpc';
import type { ObjectStore } from '@alarena/store';
import { checkParameters, strategies, unknownStrategy } from '@alarena/strategies';
import {
  executeTask,
  getResult,
  originToProto,
  planQuery,
  putIds,
  type Query,
  type TaskDispatcher,
  type TaskHandler,
} from '@alarena/tasks';

export interface SelectDeps {
  readonly store: ObjectStore;
  readonly dispatcher: TaskDispatcher;
  readonly handler: TaskHandler<'select'>;
}

export function selectHandler(
  deps: SelectDeps,
): UnaryHandler<strategy.SelectRequest, strategy.SelectResponse> {
  return async (request, { signal }) => {
    const plan = planQuery(await decode(request, deps.store));
    for (const task of plan.infer) await deps.dispatcher.run(task, { signal, work: {} });
    const { manifest, origin } = await executeTask(deps.store, plan.select, deps.handler, { signal });
    const { ids, scores, notes } = manifest.result;
    return {
      key: manifest.key,
      origin: originToProto(origin),
      picks: ids.map((id, i) => ({ id, score: scores[i] ?? 0 })),
      notes: [...notes],
    };
  };
}

async function decode(request: strategy.SelectRequest, store: ObjectStore): Promise<Query> {
  const violations: FieldViolation[] = [];
  const descriptor = strategies.find((one) => one.descriptor.name === request.strategy)?.descriptor;
  const checked = descriptor && checkParameters(descriptor, rawParameters(request.parameters), 'parameters');
  if (descriptor === undefined)
    violations.push({ field: 'strategy', description: unknownStrategy(request.strategy) });
  violations.push(...(checked?.violations ?? []));
  const pool = request.pool?.ids ?? [];
  const labelled = request.labelled?.ids ?? [];
  if (request.k < 1 || request.k > pool.length) {
    violations.push({
      field: 'k',
      description: `must be from 1 to the pool's ${pool.length}, got ${request.k}`,
    });
  }
  const both = new Set(labelled);
  const doubled = pool.find((id) => both.has(id));
  if (doubled !== undefined) {
    violations.push({ field: 'pool', description: `sample ${doubled} is labelled already` });
  }
  const needsPasses = descriptor?.signals.includes('monteCarlo') ?? false;
  if (needsPasses && request.monteCarloPasses < 2) {
    violations.push({
      field: 'monte_carlo_passes',
      description: `must be at least 2, got ${request.monteCarloPasses}`,
    });
  }
  if (violations.length > 0 || checked === undefined)
    throw AppError.invalid('this query cannot be made', violations);
  const fit = await getResult(store, 'fit', request.fitKey);
  return {
    strategy: request.strategy,
    parameters: checked.parsed,
    entry: request.entry === '' ? request.strategy : request.entry,
    k: request.k,
    seed: Number(request.seed),
    round: request.round,
    fit: request.fitKey,
    pool: await putIds(store, pool),
    labelled: await putIds(store, labelled),
    monteCarloPasses: request.monteCarloPasses,
    numerics: fit.numerics,
  };
}
