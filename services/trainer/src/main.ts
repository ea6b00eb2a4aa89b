// The trainer as a process of its own.

import { poolWorker, runService } from '@alarena/platform';
import { computeSettings, imageCounter, observeDeviceMemory, poolShape } from '@alarena/worker';
import { createTrainer } from './server.js';

await runService({
  name: 'trainer',
  defaultPort: 50_052,
  needsBus: true,
  shape: poolShape,
  start: async ({ settings, platform, logger }) => {
    const { store } = platform;
    const bus = await platform.connectBus();
    const compute = computeSettings(settings, platform);
    const trainer = createTrainer({ store, bus, logger, compute, onImages: imageCounter('fit') });
    observeDeviceMemory(trainer.compute);
    const worker = poolWorker({
      ...{ bus, logger, kind: 'fit', pool: settings.pool, slots: settings.slots },
      profile: () => trainer.compute.profile(),
      take: (signal, as) => trainer.work(signal, as),
    });
    return {
      services: [trainer.registration],
      ready: () => worker.ready(),
      work: (signals) => worker.work(signals),
      // What is still being computed is computed again elsewhere, or goes on from a checkpoint.
      hurry: () => trainer.compute.close(),
    };
  },
});
