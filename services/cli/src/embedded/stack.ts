// All services in this process, on one gRPC port: the same services, handlers and orchestrator as in a cluster,
// with the filesystem as object store and an in-process bus. The one place where services are put together.

import { setMaxListeners } from 'node:events';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { InProcessBus } from '@alarena/bus';
import { createGrpcServer } from '@alarena/grpc';
import { alarenaVersion, openWorkerBuckets, poolWorker } from '@alarena/platform';
import { createDatasetServer } from '@alarena/service-dataset-store';
import { createInference } from '@alarena/service-inference';
import {
  clusterService,
  createOrchestrator,
  fixedCapacity,
  StoreKeyValue,
} from '@alarena/service-orchestrator';
import { createStrategyService } from '@alarena/service-strategy';
import { createTrainer } from '@alarena/service-trainer';
import { FilesystemStore } from '@alarena/store';
import { startTelemetry } from '@alarena/telemetry';
import type { Stack, StackOptions } from '../stack-port.js';
import { prepareHome } from './home.js';
import { embeddedSettings } from './settings.js';

const shutdownLimitMs = 5_000;
/** Of this machine. */
const pool = 'local';
/** Select tasks at once. */
const selects = 2;

export async function startEmbeddedStack(options: StackOptions): Promise<Stack> {
  const { home, logger, host = '127.0.0.1', port = 0 } = options;
  const { fits, threads, cacheBytes } = embeddedSettings(process.env);
  await prepareHome(home);
  const telemetry = await startTelemetry({ service: 'alarena', logger });
  const storeFolder = join(home, 'store');
  const cacheFolder = join(home, 'cache', 'shards');
  const store = new FilesystemStore(storeFolder);
  const bus = new InProcessBus();
  const compute = { storeFolder, cacheFolder, cacheBytes, threads };
  const common = { store, bus, logger };

  const datasets = createDatasetServer({ store, workFolder: join(home, 'tmp'), cacheFolder, cacheBytes });
  const trainer = createTrainer({ ...common, compute: { ...compute, slots: fits } });
  const inference = createInference({ ...common, compute: { ...compute, slots: 1 } });
  const strategies = createStrategyService({
    ...common,
    compute: { storeFolder, threads: availableParallelism(), slots: selects },
  });
  const stopping = new AbortController();
  // Every queue and every task in work listens to it.
  setMaxListeners(0, stopping.signal);
  const local = { bus, logger, pool };
  const profile = () => trainer.compute.profile();
  const poolWorkers = [
    poolWorker({
      ...{ ...local, id: 'trainer', kind: 'fit', slots: fits, profile },
      take: (signal, as) => trainer.work(signal, as),
    }),
    poolWorker({
      ...{ ...local, id: 'inference', kind: 'infer', slots: 1, profile },
      take: (signal, as) => inference.work(signal, as),
    }),
    poolWorker({
      ...{ ...local, id: 'strategy', kind: 'select', slots: selects },
      take: (signal, as) => strategies.work(signal, as),
    }),
  ];
  let working: Promise<void>[] | undefined;
  // Loading TensorFlow takes a moment and much memory, which commands that only look do without.
  const work = (): void => {
    working ??= poolWorkers.map((worker) =>
      worker.work({ signal: stopping.signal }).catch((error: unknown) => {
        if (!stopping.signal.aborted) logger.error({ err: error }, 'a worker has stopped');
      }),
    );
  };
  const version = alarenaVersion();
  const { workers, pools } = await openWorkerBuckets(bus);
  const comparisons = new StoreKeyValue({ store, name: 'comparisons' });
  const orchestrator = createOrchestrator({
    ...common,
    comparisons,
    capacity: () => fixedCapacity(fits),
    profile: () => {
      work();
      return profile();
    },
    // One cell more than fits: while one infers and picks, the trainers stay busy.
    parallelism: fits + 1,
    versions: { alarena: version, node: process.versions.node },
  });
  const cluster = clusterService({
    ...{ bus, logger, pool, version, workers, pools },
    ...{ quota: orchestrator.quota, collectGarbage: orchestrator.collectGarbage },
    window: async () => orchestrator.queues(),
    leader: async () => 'this process',
    scaler: '',
  });
  const server = createGrpcServer({
    services: [
      datasets.service,
      cluster,
      ...[trainer, inference, strategies, orchestrator].map(({ registration }) => registration),
    ],
    logger,
    reflection: true,
  });

  const stop = async (): Promise<void> => {
    // What is asked for ends first, then who asks, then who works: nobody waits for one that is gone.
    const calls = server.shutdown({ limitMs: shutdownLimitMs });
    await orchestrator.close();
    comparisons.close();
    stopping.abort();
    await Promise.all([trainer, inference, strategies].map(({ compute }) => compute.close()));
    await Promise.all([strategies.close(), calls, ...(working ?? [])]);
    await bus.close();
    await telemetry.shutdown();
  };
  try {
    const bound = await server.start({ host, port });
    if (options.resume ?? false) {
      work();
      await orchestrator.resumeInterrupted();
    }
    return { address: `${host}:${bound}`, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
