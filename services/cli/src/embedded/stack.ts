// All services in this process, on one gRPC port: the same services, handlers and orchestrator as in a cluster,
// with the filesystem as object store and an in-process bus. The one place where services are put together.

import { setMaxListeners } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { InProcessBus } from '@alarena/bus';
import { createGrpcServer } from '@alarena/grpc';
import { createDatasetServer } from '@alarena/service-dataset-store';
import { createInference } from '@alarena/service-inference';
import { createOrchestrator } from '@alarena/service-orchestrator';
import { createStrategyService } from '@alarena/service-strategy';
import { createTrainer } from '@alarena/service-trainer';
import { FilesystemStore } from '@alarena/store';
import { startTelemetry } from '@alarena/telemetry';
import type { Stack, StackOptions } from '../stack-port.js';
import { prepareHome } from './home.js';
import { embeddedSettings } from './settings.js';

const shutdownLimitMs = 5_000;

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
  const strategies = createStrategyService({ ...common, concurrency: 2 });
  const stopping = new AbortController();
  // Every queue and every task in work listens to it.
  setMaxListeners(0, stopping.signal);
  let working: Promise<void>[] | undefined;
  // Loading TensorFlow takes a moment and much memory, which commands that only look do without.
  const work = (): void => {
    working ??= [trainer, inference, strategies].map((service) =>
      service.work(stopping.signal).catch((error: unknown) => {
        if (!stopping.signal.aborted) logger.error({ err: error }, 'a worker has stopped');
      }),
    );
  };
  const orchestrator = createOrchestrator({
    ...common,
    profile: () => {
      work();
      return trainer.compute.profile();
    },
    // One cell more than fits: while one infers and picks, the trainers stay busy.
    parallelism: fits + 1,
    versions: { alarena: versionOf('../../package.json'), node: process.versions.node },
  });
  const server = createGrpcServer({
    services: [
      datasets.service,
      ...[trainer, inference, strategies, orchestrator].map(({ registration }) => registration),
    ],
    logger,
    reflection: true,
  });

  const stop = async (): Promise<void> => {
    // What is asked for ends first, then who asks, then who works: nobody waits for one that is gone.
    const calls = server.shutdown({ limitMs: shutdownLimitMs });
    await orchestrator.close();
    stopping.abort();
    await Promise.all([trainer.compute.close(), inference.compute.close()]);
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

function versionOf(manifest: string): string {
  const { version }: { version: string } = createRequire(import.meta.url)(manifest);
  return version;
}
