// The fit and the infer task whose outputs are held by the golden test. Run as a program, it prints them: that is how
// testdata/golden.json is recorded, `node dist/golden-task.fixture.js > testdata/golden.json`.

import { loadTensorflow, numericsProfile } from '@alarena/compute';
import { contentKey, type Metrics } from '@alarena/core';
import { getArray } from '@alarena/store';
import { executeTask, profileName, type SampleArray, semantics, shardsOf, taskKey } from '@alarena/tasks';
import type { TestScope } from '@alarena/testkit';
import { fitOn, inferOn, openSmallComparison } from './small-comparison.fixture.js';

export interface Golden {
  readonly semantics: { readonly fit: number; readonly infer: number };
  /** Numerics profile under which the digests were recorded. */
  readonly profile: string;
  readonly digests: Readonly<Record<string, string>>;
  readonly trainingLosses: readonly number[];
  readonly metrics: Readonly<Record<'training' | 'validation' | 'test', Metrics | null>>;
  /** Of the first samples. */
  readonly probabilities: readonly number[];
  readonly monteCarlo: readonly number[];
}

export async function runGoldenTasks(t: TestScope): Promise<Golden> {
  loadTensorflow({ threads: 1 });
  const profile = profileName(numericsProfile());
  const { store, bench, fitTask, inferTask } = await openSmallComparison(t);
  const { signal } = new AbortController();
  // Under one name everywhere: the key of the fit names the masks of the passes.
  const fit = await fitTask('golden');
  const fitted = (await executeTask(store, fit, fitOn(bench), { signal })).manifest.result;
  const infer = await inferTask('golden', taskKey(fit));
  const inferred = (await executeTask(store, infer, inferOn(bench), { signal })).manifest.result;
  const head = async (array: SampleArray | null): Promise<number[]> => {
    const [ref] = shardsOf(array);
    return ref === undefined ? [] : [...(await getArray(store, ref)).data.slice(0, 30)];
  };
  const digest = (array: SampleArray | null | undefined): string => shardsOf(array)[0]?.sha256 ?? '';
  const { training, validation, test } = fitted;
  return {
    semantics: { fit: semantics.fit, infer: semantics.infer },
    profile,
    digests: {
      weights: contentKey(fitted.weights.map(({ name, array }) => [name, array.sha256])),
      probabilities: digest(inferred.probabilities),
      monteCarlo: digest(inferred.monteCarlo),
      a1: digest(inferred.layers.a1),
      z: digest(inferred.layers.z),
    },
    trainingLosses: fitted.history.map(({ trainingLoss }) => trainingLoss),
    metrics: { training, validation, test },
    probabilities: await head(inferred.probabilities),
    monteCarlo: await head(inferred.monteCarlo),
  };
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const last: (() => Promise<void>)[] = [];
  const golden = await runGoldenTasks({ after: (callback) => last.push(callback) });
  process.stdout.write(`${JSON.stringify(golden, undefined, 2)}\n`);
  for (const callback of last) await callback();
}
