// The inference service as a process of its own.

import { poolWorker, runService } from '@alarena/platform';
import { computeSettings, imageCounter, observeDeviceMemory, poolShape } from '@alarena/worker';
import { createInference } from './server.js';

await runService({
  name: 'inference',
  defaultPort: 50_053,
  needsBus: true,
  shape: poolShape,
  start: async ({ settings, platform, logger }) => {
    const { store } = platform;
    const bus = await platform.connectBus();
    const compute = computeSettings(settings, platform);
    const inference = createInference({ store, bus, logger, compute, onImages: imageCounter('infer') });
    observeDeviceMemory(inference.compute);
    const worker = poolWorker({
      ...{ bus, logger, kind: 'infer', pool: settings.pool, slots: settings.slots },
      profile: () => inference.compute.profile(),
      take: (signal, as) => inference.work(signal, as),
    });
    return {
      services: [inference.registration],
      ready: () => worker.ready(),
      work: (signals) => worker.work(signals),
      // What is still being computed is computed again elsewhere, or goes on from a checkpoint.
      hurry: () => inference.compute.close(),
    };
  },
});
