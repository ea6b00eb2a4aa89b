// A service process as a worker of its pool: it finds out how it computes, announces itself, and takes tasks until it
// is told to stop.

import { hostname } from 'node:os';
import {
  announceWorker,
  anyNumerics,
  type NumericsProfile,
  profileName,
  taskMetrics,
  type WorkerKind,
  type WorkerMetrics,
  type WorkerRegistration,
} from '@alarena/tasks';
import type { Logger } from '@alarena/telemetry';
import { openWorkerBuckets, workerId } from './announcement.js';
import type { ClusterBus } from './platform.js';
import { alarenaVersion } from './version.js';

export interface WorkAs {
  readonly registration: WorkerRegistration;
  readonly metrics: WorkerMetrics;
}

export interface WorkSignals {
  /** No more tasks are taken; those in work go on. */
  readonly leaving?: AbortSignal;
  /** Tasks in work are handed back. */
  readonly signal: AbortSignal;
}

export interface PoolWorkerOptions {
  readonly bus: ClusterBus;
  readonly logger: Logger;
  /** Default: as the environment says. */
  readonly id?: string;
  readonly kind: WorkerKind;
  readonly pool: string;
  readonly slots: number;
  /** Undefined: plain JavaScript, the same everywhere. */
  readonly profile?: () => Promise<NumericsProfile>;
  /** Takes tasks until the signal aborts, or the worker leaves and has none in work. */
  readonly take: (signal: AbortSignal, as: WorkAs) => Promise<void>;
}

export interface PoolWorker {
  /** It has announced itself. */
  ready(): boolean;
  /** Until the signal aborts, or the worker leaves, and the tasks in work have ended. */
  work(signals: WorkSignals): Promise<void>;
}

export function poolWorker(options: PoolWorkerOptions): PoolWorker {
  const { bus, logger, kind, pool, slots } = options;
  let ready = false;
  const announce = async (signal: AbortSignal, leaving?: AbortSignal): Promise<WorkerRegistration> => {
    const profile = (await options.profile?.()) ?? null;
    const registration = await announceWorker({
      ...(await openWorkerBuckets(bus)),
      info: {
        id: options.id ?? workerId(process.env),
        ...{ kind, pool, slots, profile },
        numerics: profile === null ? anyNumerics : profileName(profile),
        version: alarenaVersion(),
        host: hostname(),
      },
      ...{ logger, signal },
      ...(leaving !== undefined && { leaving }),
    });
    logger.info({ worker: registration.id, pool, kind, profile }, 'taking tasks');
    return registration;
  };
  return {
    ready: () => ready,
    work: async ({ signal, leaving }) => {
      const over = new AbortController();
      const announced = announce(AbortSignal.any([signal, over.signal]), leaving);
      try {
        // One that is told to leave before it has begun need not begin.
        const registration = await Promise.race([announced, aborted(leaving)]);
        if (registration === undefined) return;
        ready = true;
        await options.take(signal, { registration, metrics: taskMetrics(pool) });
        over.abort();
        await registration.closed;
      } finally {
        over.abort();
      }
    },
  };
}

function aborted(signal: AbortSignal | undefined): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal?.aborted) resolve(undefined);
    signal?.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
