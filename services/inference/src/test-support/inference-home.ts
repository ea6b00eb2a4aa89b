// A running inference service with a small data set and fits to infer from.

import { inference, training } from '@alarena/api';
import { type ClientOf, createClient } from '@alarena/grpc';
import { createTrainer, type Trainer } from '@alarena/service-trainer';
import { collect, openServiceHome, type ServiceHome, writeSyntheticDataset } from '@alarena/testkit';
import { createInference, type Inference } from '../server.js';

export const call = { timeoutMs: 180_000 };

export interface InferenceHome extends ServiceHome {
  readonly trainer: Trainer;
  readonly inference: Inference;
  readonly client: ClientOf<typeof inference.InferenceServiceService>;
  /** Key of a short fit. */
  fit(model?: { readonly dropout: number | undefined }): Promise<string>;
}

export async function openInferenceHome(): Promise<InferenceHome> {
  const home = await openServiceHome();
  await writeSyntheticDataset(home.store, home.folder);
  const compute = { ...home.compute, slots: 1 };
  const trainer = createTrainer({ ...home, compute });
  const service = createInference({ ...home, compute });
  home.onClose(() => Promise.all([trainer.compute.close(), service.compute.close()]));
  const address = await home.serve([trainer.registration, service.registration]);
  const fits = createClient(training.TrainingServiceService, address);
  const client = createClient(inference.InferenceServiceService, address);
  home.onClose(() => {
    fits.close();
    client.close();
  });
  const fit = async ({ dropout }: { readonly dropout: number | undefined } = { dropout: 0.5 }) => {
    const events = await collect(fits.fit(fitRequest(dropout), call));
    const last = events.at(-1)?.event;
    if (last?.$case !== 'result') throw new Error('the stream ended without a result');
    return last.value.key;
  };
  return { ...home, trainer, inference: service, client, fit };
}

export function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first + i);
}

function fitRequest(dropout: number | undefined): training.FitRequest {
  return {
    dataset: 'quadrants',
    model: { architecture: 'bayesian-cnn', dropout },
    training: {
      ...{ epochs: 2, batchSize: 16, learningRate: 0.001, patience: undefined, minStepsPerEpoch: 10 },
      optimizer: { $case: 'adam', value: {} },
    },
    seed: 5n,
    labelled: { ids: range(0, 40) },
    validation: undefined,
    test: { ids: range(200, 60) },
  };
}
