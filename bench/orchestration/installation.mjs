// What each process of the benchmark opens: bus, object store and buckets, as the services do.
import { connectNats, JetStreamBus } from '../../libs/bus/dist/index.js';
import { openWorkerBuckets } from '../../libs/platform/dist/index.js';
import { FilesystemStore, S3Store } from '../../libs/store/dist/index.js';
import { profileName } from '../../libs/tasks/dist/index.js';
import { createLogger } from '../../libs/telemetry/dist/index.js';

/** Of the simulated workers. */
export const profile = {
  device: 'simulated',
  instructionSet: 'none',
  tensorflow: 'none',
  threads: 1,
  precision: 'float32',
};
export const numerics = profileName(profile);
export const pool = 'simulated';
export const version = 'bench';

/** `store`: a folder, or the settings of an S3 bucket. */
export async function openInstallation({ nats, store }, name) {
  const logger = createLogger({ service: name, level: 'info' });
  const bus = await JetStreamBus.open(await connectNats({ servers: [nats], name: `bench ${name}` }));
  return {
    ...{ logger, bus },
    buckets: await openWorkerBuckets(bus),
    store: typeof store === 'string' ? new FilesystemStore(store) : new S3Store(store),
  };
}
