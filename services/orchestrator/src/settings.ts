// Settings of the process, beside those that every service has. README.md lists them.

import { readableFile } from '@alarena/platform';
import { z } from 'zod';
import { weightsToKeep } from './domain/retention/policy.js';

const address = z
  .string({ error: 'must be host:port' })
  .regex(/^[^\s:/]+:\d{1,5}$/, { error: 'must be host:port, such as dataset-store:50051' });

export const shape = {
  /** Where the services are whose calls this one passes on. */
  datasetStore: address,
  strategy: address,
  /** For TLS to those two. */
  upstreamCaFile: readableFile.optional(),
  upstreamCertFile: readableFile.optional(),
  upstreamKeyFile: readableFile.optional(),
  /** The pool whose workers compute. */
  pool: z.string().default('cpu'),
  /** How long a call that needs the pool's numerics waits for its first worker. */
  profileWaitMs: z.coerce.number().int().min(0).default(45_000),
  /** Cells at once where a submit does not say. */
  parallelism: z.coerce.number().int().min(1).max(100_000).default(64),
  /** How the leader is found: by a Lease in Kubernetes, elsewhere by a lock in NATS. */
  leadership: z.enum(['lease', 'nats']).optional(),
  leaseName: z.string().default('alarena-orchestrator'),
  /** Release of the chart whose pools are scaled and shown. */
  release: z.string().default('alarena'),
  /** `builtin`: the leader sets the replicas of the pools' Deployments. */
  scaler: z.enum(['builtin', 'none']).default('none'),
  /** Workers are kept so long without work. */
  idleSeconds: z.coerce.number().int().min(0).default(300),
  /** Most bytes of the object store before submits are refused; not set: no limit. */
  storeQuotaBytes: z.coerce.number().int().min(1).optional(),
  /** Weights of ended comparisons. */
  keepWeights: z.enum(weightsToKeep).default('ends'),
  /** Time between collections of garbage; 0: only when asked. */
  gcHours: z.coerce.number().min(0).default(24),
  /** What was put less than this long ago is not collected; below an hour only where nothing runs. */
  gcGraceMinutes: z.coerce.number().min(0).default(120),
};

export type Settings = z.output<z.ZodObject<typeof shape>>;

/** Where it is not said: a Lease in a pod, elsewhere a lock in NATS. */
export function leadershipOf({ leadership }: Pick<Settings, 'leadership'>): 'lease' | 'nats' {
  return leadership ?? (process.env.KUBERNETES_SERVICE_HOST === undefined ? 'nats' : 'lease');
}
