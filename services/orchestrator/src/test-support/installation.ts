// All services in one process, as the embedded stack has them, on a small data set; each part can be stopped and
// started by itself, so that tests can take one away.

import { comparison } from '@alarena/api';
import { specToProto, validateSpec } from '@alarena/config';
import { type ClientOf, createClient } from '@alarena/grpc';
import { createInference } from '@alarena/service-inference';
import { createStrategyService } from '@alarena/service-strategy';
import { createTrainer } from '@alarena/service-trainer';
import type { NumericsProfile } from '@alarena/tasks';
import { openServiceHome, type ServiceHome, writeSyntheticDataset } from '@alarena/testkit';
import { StoreKeyValue } from '../adapters/store-key-value.js';
import { createOrchestrator, type Orchestrator, type OrchestratorDeps } from '../server.js';

export type Client = ClientOf<typeof comparison.ComparisonServiceService>;

export interface RunningOrchestrator {
  readonly client: Client;
  readonly orchestrator: Orchestrator;
  resumeInterrupted(): Promise<void>;
  stop(): Promise<void>;
}

export interface Installation extends ServiceHome {
  profile(): Promise<NumericsProfile>;
  /** Begins to take fit and select tasks; harmless when done twice. */
  startWorkers(): void;
  /** Kills the process that computes fits; the next fit starts another. */
  killTrainer(): void;
  /** Begins to take infer tasks with a new inference service. */
  startInference(): { breakDown(): Promise<void>; stop(): Promise<void> };
  startOrchestrator(
    change?: Partial<Pick<OrchestratorDeps, 'profile' | 'retention'>>,
  ): Promise<RunningOrchestrator>;
  /** Keys of the tasks computed so far, in order. */
  computed(kind?: string): string[];
}

export async function openInstallation(): Promise<Installation> {
  const home = await openServiceHome();
  await writeSyntheticDataset(home.store, home.folder);
  const compute = { ...home.compute, slots: 1 };
  const trainer = createTrainer({ ...home, compute });
  home.onClose(() => trainer.compute.close());
  const profile = (): Promise<NumericsProfile> => trainer.compute.profile();
  const stopping = new AbortController();
  let working: Promise<void>[] | undefined;

  const startWorkers = (): void => {
    if (working !== undefined) return;
    const strategies = createStrategyService({ ...home, compute: { ...home.compute, slots: 2 } });
    working = [trainer, strategies].map((service) => service.work(stopping.signal));
    home.onClose(async () => {
      stopping.abort();
      await Promise.all([trainer, strategies].map(({ compute }) => compute.close()));
      await strategies.close();
      await Promise.allSettled(working ?? []);
    });
  };

  const startInference = (): { breakDown(): Promise<void>; stop(): Promise<void> } => {
    const service = createInference({ ...home, compute });
    const leaving = new AbortController();
    const work = Promise.allSettled([service.work(leaving.signal)]);
    const stop = async (): Promise<void> => {
      leaving.abort();
      await service.compute.close();
      await work;
    };
    home.onClose(stop);
    return {
      breakDown: async () => {
        // The worker has to be at its queue before its computing process goes for good.
        await service.compute.profile();
        await service.compute.close();
      },
      stop,
    };
  };

  const startOrchestrator: Installation['startOrchestrator'] = async (change) => {
    const versions = { alarena: '0.0.0-test' };
    const comparisons = new StoreKeyValue({ store: home.store, name: 'comparisons' });
    const orchestrator = createOrchestrator({
      ...home,
      ...{ comparisons, profile, parallelism: 2, versions, ...change },
    });
    const address = await home.serve([orchestrator.registration]);
    const client = createClient(comparison.ComparisonServiceService, address);
    const stop = async (): Promise<void> => {
      client.close();
      await orchestrator.close();
      comparisons.close();
    };
    home.onClose(stop);
    return { client, orchestrator, resumeInterrupted: () => orchestrator.resumeInterrupted(), stop };
  };

  const killTrainer = (): void => {
    for (const pid of trainer.compute.processIds) process.kill(pid, 'SIGKILL');
  };

  const computed = (kind?: string): string[] =>
    home.lines
      .filter(({ msg, origin }) => msg === 'task done' && origin === 'computed')
      .filter((line) => kind === undefined || line.kind === kind)
      .map(({ task }) => String(task));

  return { ...home, profile, startWorkers, killTrainer, startInference, startOrchestrator, computed };
}

/** An installation with everything running. */
export async function openWhole(): Promise<Installation & { readonly client: Client }> {
  const installation = await openInstallation();
  installation.startWorkers();
  installation.startInference();
  const { client } = await installation.startOrchestrator();
  return { ...installation, client };
}

/** Three strategies, two seeds, two queries: a second or two of work. Fields as in a spec file. */
export function smallSpec(change: Readonly<Record<string, unknown>> = {}): comparison.ComparisonSpec {
  const spec = {
    name: 'small',
    dataset: 'quadrants',
    model: { architecture: 'bayesian-cnn', dropout: 0.5 },
    training: { epochs: 1, batchSize: 16, minStepsPerEpoch: 4, earlyStopping: false },
    protocol: {
      ...{ poolSize: 60, initialLabels: 8, labelsPerRound: 6, rounds: 2 },
      ...{ validationSize: 0, testSize: 40, monteCarloPasses: 3 },
    },
    strategies: ['random', 'margin', 'bald'],
    seeds: [1, 2],
  };
  return specToProto(validateSpec({ ...spec, ...change }));
}
