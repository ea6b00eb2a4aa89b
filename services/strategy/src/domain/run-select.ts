// The select task: reads the signals a strategy needs and lets it pick.

import { AppError, type NdArray, namedRandom } from '@alarena/core';
import { type ArrayRef, getFloats, type ObjectStore } from '@alarena/store';
import {
  getStrategy,
  type LabelledView,
  type LayerSignal,
  type PoolView,
  type Signal,
} from '@alarena/strategies';
import {
  getIds,
  getResult,
  type IdsRef,
  type InferResult,
  readingFrom,
  type TaskHandler,
} from '@alarena/tasks';

type Signals = { [S in Signal]?: NdArray<'float32'> };

export function runSelect(store: ObjectStore): TaskHandler<'select'> {
  return async (inputs) => {
    const { descriptor, select } = getStrategy(inputs.strategy);
    const ids = await getIds(store, inputs.pool);
    const signals =
      inputs.poolSignals === null
        ? {}
        : await readSignals(store, inputs.poolSignals, inputs.pool, descriptor.signals);
    const pool: PoolView = { ids, signals };
    const labelled =
      inputs.labelledSignals === null
        ? undefined
        : await readLabelled(store, inputs.labelledSignals, inputs.labelled, descriptor.labelledSignals);
    const random = namedRandom(inputs.seed, inputs.round, 'pick', inputs.entry);
    return select(labelled === undefined ? pool : { ...pool, labelled }, inputs.k, inputs.parameters, random);
  };
}

async function readLabelled(
  store: ObjectStore,
  inferKey: string,
  samples: IdsRef,
  wanted: readonly LayerSignal[],
): Promise<LabelledView> {
  return { ids: await getIds(store, samples), signals: await readSignals(store, inferKey, samples, wanted) };
}

/** Arrays of an infer task that was run on exactly these samples, rows in ascending order of id. */
async function readSignals(
  store: ObjectStore,
  inferKey: string,
  samples: IdsRef,
  wanted: readonly Signal[],
): Promise<Signals> {
  const { inputs, result } = await getResult(store, 'infer', inferKey);
  if (inputs.samples.sha256 !== samples.sha256) {
    throw new AppError('failed-precondition', 'the signals are of other samples than those of this query', {
      facts: { infer: inferKey },
    });
  }
  const signals: Signals = {};
  for (const signal of wanted) {
    const ref = refOf(result, signal);
    if (ref === null) {
      throw new AppError('failed-precondition', `the infer task has no signal ${signal}`, {
        reason: 'SIGNAL_MISSING',
        facts: { signal, infer: inferKey },
      });
    }
    signals[signal] = await readingFrom({ kind: 'infer', key: inferKey }, () => getFloats(store, ref));
  }
  return signals;
}

function refOf(result: InferResult, signal: Signal): ArrayRef | null {
  if (signal === 'probabilities' || signal === 'monteCarlo') return result[signal];
  return result.layers[signal] ?? null;
}
