// The buckets through which workers and orchestrators know of each other, and a worker's name among them.

import { hostname } from 'node:os';
import type { Buckets, KeyValue } from '@alarena/bus';
import type { ProcessEnvironment } from './settings.js';

/** Three renewals of a worker's entry. */
const WORKER_TTL_MS = 30_000;

export interface WorkerBuckets {
  /** Entries expire when they are not renewed. */
  readonly workers: KeyValue;
  readonly drains: KeyValue;
  readonly pools: KeyValue;
}

export async function openWorkerBuckets(buckets: Buckets): Promise<WorkerBuckets> {
  const [workers, drains, pools] = await Promise.all([
    buckets.openBucket({ name: 'workers', ttlMs: WORKER_TTL_MS }),
    buckets.openBucket({ name: 'drains' }),
    buckets.openBucket({ name: 'pools' }),
  ]);
  return { workers, drains, pools };
}

/** ALARENA_WORKER_ID, which the chart sets to the pod's name, or host and process. */
export function workerId(env: ProcessEnvironment): string {
  return env.ALARENA_WORKER_ID || `${hostname().replaceAll(/[^A-Za-z0-9_-]/g, '-')}-${process.pid}`;
}
