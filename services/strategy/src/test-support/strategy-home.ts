// A running strategy service; trainer and inference beside it, over the bus, as in an installation.

import { strategy, training } from '@alarena/api';
import { type ClientOf, createClient } from '@alarena/grpc';
import { createInference } from '@alarena/service-inference';
import { createTrainer } from '@alarena/service-trainer';
import { collect, openServiceHome, type ServiceHome, writeSyntheticDataset } from '@alarena/testkit';
import { createStrategyService } from '../server.js';

export const call = { timeoutMs: 60_000 };

/** The fit's validation samples. */
export const validation = range(100, 20);

export interface StrategyHome extends ServiceHome {
  readonly client: ClientOf<typeof strategy.StrategyServiceService>;
  /** Key of a short fit on the samples 0 to 39 and `validation`. */
  readonly fitKey: string;
  /** Of the processes in which queries are made. */
  processIds(): readonly number[];
}

export async function openStrategyHome(): Promise<StrategyHome> {
  const home = await openServiceHome();
  await writeSyntheticDataset(home.store, home.folder);
  const compute = { ...home.compute, slots: 1 };
  const [trainer, inference] = [createTrainer({ ...home, compute }), createInference({ ...home, compute })];
  const strategies = createStrategyService({ ...home, compute: { ...home.compute, slots: 2 } });
  const stopping = new AbortController();
  const working = [trainer, inference, strategies].map((service) => service.work(stopping.signal));
  home.onClose(async () => {
    stopping.abort();
    await Promise.all([trainer, inference, strategies].map(({ compute }) => compute.close()));
    await strategies.close();
    // A worker that had not begun finds its computing process gone.
    await Promise.allSettled(working);
  });
  const address = await home.serve([trainer.registration, strategies.registration]);
  const fits = createClient(training.TrainingServiceService, address);
  const client = createClient(strategy.StrategyServiceService, address);
  home.onClose(() => {
    fits.close();
    client.close();
  });
  const last = (await collect(fits.fit(fitRequest(), call))).at(-1)?.event;
  if (last?.$case !== 'result') throw new Error('the fit gave no result');
  return { ...home, client, fitKey: last.value.key, processIds: () => strategies.compute.processIds };
}

export function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first + i);
}

function fitRequest(): training.FitRequest {
  return {
    dataset: 'quadrants',
    model: { architecture: 'bayesian-cnn', dropout: 0.5 },
    training: {
      ...{ epochs: 2, batchSize: 16, learningRate: 0.001, patience: undefined, minStepsPerEpoch: 10 },
      optimizer: { $case: 'adam', value: {} },
    },
    seed: 5n,
    labelled: { ids: range(0, 40) },
    validation: { ids: validation },
    test: { ids: range(200, 60) },
  };
}
