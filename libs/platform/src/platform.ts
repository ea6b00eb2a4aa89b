// What a service process stands on: object store, bus and buckets, certificates and callers' identities, metrics and
// traces, all as its environment says.

import { type Buckets, type Bus, connectNats, JetStreamBus } from '@alarena/bus';
import { checkStore, type ObjectStore, observeStore, type StoreObserver } from '@alarena/store';
import { type Logger, type Metrics, startMetrics, startTelemetry, type Telemetry } from '@alarena/telemetry';
import { type Instruments, makeInstruments } from './instruments.js';
import { type OpsServer, startOpsServer } from './ops-server.js';
import type { SharedSettings } from './process-settings.js';
import { type ProcessEnvironment, readHome } from './settings.js';
import { StoreProbe } from './store-probe.js';
import { untilReachable } from './until-reachable.js';

export interface PlatformOptions {
  readonly service: string;
  readonly env: ProcessEnvironment;
  readonly settings: SharedSettings;
  readonly logger: Logger;
  /** For `/readyz`, which is asked from the first moment on. */
  readonly ready: () => boolean;
  /** Stops the opening. */
  readonly signal: AbortSignal;
}

/** A bus with its buckets. */
export type ClusterBus = Bus & Buckets;

export class Platform {
  /** Folder of all local state. */
  readonly home: string;
  readonly store: ObjectStore;
  /** For the calls that the service's own processes make to the store. */
  readonly onStoreOperation: StoreObserver;
  readonly #parts: Parts;
  readonly #probe: StoreProbe;
  #bus: Promise<ClusterBus> | undefined;
  #connected: ClusterBus | undefined;

  private constructor(parts: Parts) {
    this.home = readHome(parts.env);
    this.onStoreOperation = parts.instruments.onStoreOperation;
    const { store } = parts.settings;
    this.store = observeStore(store, this.onStoreOperation);
    this.#parts = parts;
    this.#probe = new StoreProbe(store, parts.logger);
  }

  /**
   * Answers probes and scrapes at once, where ALARENA_OPS_PORT is set; then waits for the object store while it cannot
   * be reached: the parts of a cluster start in any order.
   */
  static async open(options: PlatformOptions): Promise<Platform> {
    const { service, settings, logger, ready, signal } = options;
    const telemetry = await startTelemetry({ service, logger });
    const metrics = await startMetrics({ service });
    const instruments = makeInstruments();
    const { host, port } = settings.ops;
    const ops = port === 0 ? undefined : await startOpsServer({ host, port, ready, metrics: metrics.handle });
    if (ops !== undefined) logger.info({ host, port: ops.port }, 'answering probes and scrapes');
    await untilReachable('the object store', () => checkStore(settings.store), logger, signal);
    return new Platform({ ...options, telemetry, metrics, instruments, ops });
  }

  /** Waits for NATS as for the store. Readiness depends on the bus from now on. */
  connectBus(): Promise<ClusterBus> {
    this.#bus ??= this.#connect();
    return this.#bus;
  }

  /** Store and bus answered when last asked. */
  ready(): boolean {
    const bus = this.#bus === undefined || this.#connected?.status() === 'connected';
    return bus && this.#probe.answers;
  }

  async close(): Promise<void> {
    this.#probe.close();
    await this.#parts.ops?.close();
    await this.#connected?.close();
    await this.#parts.metrics.shutdown();
    await this.#parts.telemetry.shutdown();
  }

  async #connect(): Promise<ClusterBus> {
    const { settings, service, logger, signal, instruments } = this.#parts;
    if (settings.nats === undefined) throw new Error(`${service} has not said that it needs the bus`);
    const { url: servers, replicas, ackWaitMs, caFile, certFile, keyFile, ...login } = settings.nats;
    const attempt = async (): Promise<ClusterBus> => {
      const link = await connectNats({
        ...login,
        servers,
        tls: { caFile, certFile, keyFile },
        name: `alarena ${service}`,
        onOperation: instruments.onBusOperation,
      });
      return JetStreamBus.open(link, {
        replicas,
        ackWaitMs,
        onHandlerFailure: ({ error, ...task }) =>
          logger.error({ ...task, err: error }, 'a task handler failed'),
      });
    };
    this.#connected = await untilReachable('NATS', attempt, logger, signal);
    return this.#connected;
  }
}

interface Parts extends PlatformOptions {
  readonly telemetry: Telemetry;
  readonly metrics: Metrics;
  readonly instruments: Instruments;
  readonly ops: OpsServer | undefined;
}
