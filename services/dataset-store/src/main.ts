// The data set store as a process of its own.

import { createGrpcServer, runUntilSignal } from '@alarena/grpc';
import { FilesystemStore } from '@alarena/store';
import { createLogger, startTelemetry } from '@alarena/telemetry';
import { readConfig } from './config.js';
import { createDatasetServer } from './server.js';

const { settings, printable, storeFolder, workFolder, cacheFolder } = readConfig(process.env);
const { host, port, cacheBytes, logLevel, reflection, shutdownLimitMs } = settings;
const logger = createLogger({ service: 'dataset-store', level: logLevel });

await runUntilSignal({
  logger,
  start: async () => {
    logger.info({ settings: printable, storeFolder }, 'starting');
    const telemetry = await startTelemetry({ service: 'dataset-store', logger });
    const store = new FilesystemStore(storeFolder);
    const { service } = createDatasetServer({ store, workFolder, cacheFolder, cacheBytes });
    const server = createGrpcServer({ services: [service], logger, reflection });
    await server.start({ host, port });
    return [
      { name: 'grpc', stop: () => server.shutdown({ limitMs: shutdownLimitMs }) },
      { name: 'telemetry', stop: () => telemetry.shutdown() },
    ];
  },
});
