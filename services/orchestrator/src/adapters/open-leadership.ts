// How the leader is found, as the environment says: a Lease where there is Kubernetes, else a lock in NATS.

import { randomUUID } from 'node:crypto';
import type { Buckets } from '@alarena/bus';
import type { Logger } from '@alarena/telemetry';
import { ElectedLeadership, electionTimes, type Lock } from '../domain/elected-leadership.js';
import type { Leadership } from '../domain/leadership.js';
import { leadershipOf, type Settings } from '../settings.js';
import { keyValueLock } from './key-value-lock.js';
import type { Kubernetes } from './kubernetes/open-kubernetes.js';

export interface LeadershipOptions {
  readonly settings: Pick<Settings, 'leadership' | 'leaseName'>;
  readonly bus: Buckets;
  readonly kubernetes: Kubernetes | undefined;
  readonly logger: Logger;
  /** Who this is, for people; made unique. */
  readonly candidate: string;
}

export interface OpenLeadership {
  readonly leadership: Leadership;
  /** Who leads; empty while none does. */
  leader(signal: AbortSignal): Promise<string>;
}

export async function openLeadership(options: LeadershipOptions): Promise<OpenLeadership> {
  const { logger } = options;
  const candidate = `${options.candidate}_${randomUUID().slice(0, 8)}`;
  const lock = await openLock(options);
  logger.info({ kind: leadershipOf(options.settings), candidate }, 'standing for leader');
  return {
    leadership: new ElectedLeadership({ lock, candidate, logger, ...electionTimes }),
    leader: async (signal) => (await lock.read(signal))?.holder ?? '',
  };
}

async function openLock({ settings, bus, kubernetes }: LeadershipOptions): Promise<Lock> {
  if (kubernetes === undefined || leadershipOf(settings) === 'nats') {
    return keyValueLock(await bus.openBucket({ name: 'leader' }), 'orchestrator');
  }
  return kubernetes.lease({ name: settings.leaseName, leaseMs: electionTimes.leaseMs });
}
