// A fit of the synthetic data set, as a task.

import { type FitInputs, putIds, semantics, type Task } from '@alarena/tasks';
import { range, type TrainerHome } from './trainer-home.js';

export interface FitTaskOptions extends Pick<TrainerHome, 'store' | 'dataset'> {
  readonly numerics: string;
  readonly epochs: number;
  readonly change?: Partial<FitInputs>;
}

export async function fitTask(options: FitTaskOptions): Promise<Task<'fit'>> {
  const { store, dataset, numerics, epochs, change } = options;
  const inputs: FitInputs = {
    dataset: dataset.digest,
    model: { architecture: 'bayesian-cnn', dropout: 0.5 },
    training: {
      ...{ epochs, batchSize: 16, optimizer: { name: 'adam' }, learningRate: 0.001 },
      ...{ patience: null, minStepsPerEpoch: 10 },
    },
    seed: 1,
    labelled: await putIds(store, range(0, 40)),
    validation: await putIds(store, []),
    test: await putIds(store, range(200, 60)),
    ...change,
  };
  return { kind: 'fit', semantics: semantics.fit, numerics, inputs };
}
