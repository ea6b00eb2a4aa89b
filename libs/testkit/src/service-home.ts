// What a service under test stands on: a filesystem store and an in-process bus of its own, and a gRPC server on a
// free port of the loopback interface for whatever it registers.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bus, InProcessBus } from '@alarena/bus';
import { createGrpcServer, type ServiceRegistration } from '@alarena/grpc';
import { FilesystemStore } from '@alarena/store';
import type { Logger } from '@alarena/telemetry';
import { captureLog, type LogLine } from './captured-log.js';

export interface ServiceHome {
  readonly folder: string;
  readonly storeFolder: string;
  readonly store: FilesystemStore;
  readonly bus: Bus;
  readonly logger: Logger;
  readonly lines: readonly LogLine[];
  /** For computing child processes. */
  readonly compute: {
    readonly storeFolder: string;
    readonly cacheFolder: string;
    readonly cacheBytes: number;
    readonly threads: number;
  };
  /** Serves until the home is closed; returns the address. */
  serve(services: readonly ServiceRegistration[]): Promise<string>;
  /** Does `stop` before the home goes; the last one named is done first. */
  onClose(stop: () => unknown): void;
  close(): Promise<void>;
}

const host = '127.0.0.1';

export async function openServiceHome(): Promise<ServiceHome> {
  const folder = await mkdtemp(join(tmpdir(), 'alarena-test-'));
  const storeFolder = join(folder, 'store');
  const bus = new InProcessBus();
  const stops: (() => unknown)[] = [
    () => rm(folder, { recursive: true, force: true, maxRetries: 3 }),
    () => bus.close(),
  ];
  const { logger, lines } = captureLog();
  return {
    ...{ folder, storeFolder, bus, logger, lines },
    store: new FilesystemStore(storeFolder),
    compute: { storeFolder, cacheFolder: join(folder, 'cache'), cacheBytes: 2 ** 30, threads: 1 },
    serve: async (services) => {
      const server = createGrpcServer({ services, logger, reflection: false });
      const port = await server.start({ host, port: 0 });
      stops.push(() => server.shutdown({ limitMs: 0 }));
      return `${host}:${port}`;
    },
    onClose: (stop) => void stops.push(stop),
    close: async () => {
      for (const stop of stops.splice(0).reverse()) await stop();
    },
  };
}
