// The strategy service as a process of its own.

import { poolWorker, runService } from '@alarena/platform';
import { z } from 'zod';
import { createStrategyService } from './server.js';

await runService({
  name: 'strategy',
  defaultPort: 50_054,
  needsBus: true,
  shape: {
    /** Select tasks at once, each in a process of its own. */
    concurrency: z.coerce.number().int().min(1).max(64).default(2),
    /** Threads of one select task. */
    threads: z.coerce.number().int().min(1).max(256).default(2),
  },
  start: async ({ settings, platform, logger }) => {
    const { concurrency, threads } = settings;
    const { store, onStoreOperation } = platform;
    const bus = await platform.connectBus();
    const compute = { slots: concurrency, threads, onStoreOperation };
    const strategies = createStrategyService({ store, bus, logger, compute });
    const worker = poolWorker({
      ...{ bus, logger, kind: 'select', pool: 'strategy', slots: concurrency },
      take: (signal, as) => strategies.work(signal, as),
    });
    return {
      services: [strategies.registration],
      ready: () => worker.ready(),
      work: (signals) => worker.work(signals),
      // What is still being picked is picked again elsewhere.
      hurry: () => strategies.compute.close(),
      close: () => strategies.close(),
    };
  },
});
