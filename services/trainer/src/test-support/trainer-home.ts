// A running trainer with a small data set, and its client.

import { training } from '@alarena/api';
import type { DatasetManifest } from '@alarena/dataset';
import { type ClientOf, createClient } from '@alarena/grpc';
import { collect, openServiceHome, type ServiceHome, writeSyntheticDataset } from '@alarena/testkit';
import { createTrainer, type Trainer } from '../server.js';

const call = { timeoutMs: 180_000 };

export interface TrainerHome extends ServiceHome {
  readonly dataset: DatasetManifest;
  readonly trainer: Trainer;
  readonly client: ClientOf<typeof training.TrainingServiceService>;
}

export async function openTrainerHome(
  settings: { readonly checkpointEveryMs?: number } = {},
): Promise<TrainerHome> {
  const home = await openServiceHome();
  const dataset = await writeSyntheticDataset(home.store, home.folder);
  const trainer = createTrainer({ ...home, compute: { ...home.compute, ...settings, slots: 1 } });
  home.onClose(() => trainer.compute.close());
  const client = createClient(training.TrainingServiceService, await home.serve([trainer.registration]));
  home.onClose(() => client.close());
  return { ...home, dataset, trainer, client };
}

export function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first + i);
}

/** A fit of well under a second. */
export function fitRequest(change: Partial<training.FitRequest> = {}): training.FitRequest {
  return {
    dataset: 'quadrants',
    model: { architecture: 'bayesian-cnn', dropout: 0.5 },
    training: {
      epochs: 3,
      batchSize: 16,
      learningRate: 0.001,
      optimizer: { $case: 'adam', value: {} },
      patience: undefined,
      minStepsPerEpoch: 10,
    },
    seed: 1n,
    labelled: { ids: range(0, 40) },
    validation: { ids: range(100, 20) },
    test: { ids: range(200, 60) },
    ...change,
  };
}

export interface FitEvents {
  readonly epochs: readonly training.Epoch[];
  readonly result: training.FitResult;
}

/** Runs a Fit call to its end. */
export async function runFit(
  client: TrainerHome['client'],
  request: training.FitRequest,
): Promise<FitEvents> {
  const events = (await collect(client.fit(request, call))).map(({ event }) => event);
  const epochs = events.flatMap((event) => (event?.$case === 'epoch' ? [event.value] : []));
  const last = events.at(-1);
  if (last?.$case !== 'result') throw new Error('the stream ended without a result');
  if (epochs.length !== events.length - 1) throw new Error('the result did not come last, or came twice');
  return { epochs, result: last.value };
}
