// The calls of the cluster service: what the installation runs on, on any orchestrator, and its upkeep.

import { cluster as proto } from '@alarena/api';
import type { KeyValue } from '@alarena/bus';
import { AppError } from '@alarena/core';
import { implement, type ServiceRegistration } from '@alarena/grpc';
import {
  type PoolProfile,
  readPoolProfiles,
  readWorkers,
  type WorkerEntry,
  type WorkerState,
} from '@alarena/tasks';
import type { Logger } from '@alarena/telemetry';
import { poolLimitKey, setPoolLimit } from '../adapters/queue-capacity.js';
import type { Collection } from '../domain/retention/collect.js';
import { findPending } from '../domain/scaling/pending.js';
import {
  knownQueues,
  type QueueSources,
  readQueues,
  type WindowCount,
} from '../domain/scaling/queue-figures.js';
import type { ClusterNode, Pod, Workload, Workloads } from '../domain/scaling/workloads.js';

export interface ClusterServiceDeps extends Pick<QueueSources, 'bus'> {
  /** Of the leader's publish window; undefined where no leader has told any lately. */
  readonly window: () => Promise<readonly WindowCount[] | undefined>;
  readonly workers: KeyValue;
  readonly pools: KeyValue;
  /** Who leads; empty while none does. */
  readonly leader: (signal: AbortSignal) => Promise<string>;
  /** `builtin`, or empty where nobody here scales. */
  readonly scaler: '' | 'builtin';
  /** Undefined outside Kubernetes. */
  readonly workloads?: Workloads | undefined;
  /** The pool that comparisons run on. */
  readonly pool: string;
  /** Of alarena. */
  readonly version: string;
  readonly quota: { readonly bytes: number | undefined; readonly quotaBytes: number | undefined };
  readonly collectGarbage: (dryRun: boolean, signal: AbortSignal) => Promise<Collection>;
  readonly logger: Logger;
}

const states: Readonly<Record<WorkerState, proto.WorkerState>> = {
  serving: proto.WorkerState.WORKER_STATE_SERVING,
  draining: proto.WorkerState.WORKER_STATE_DRAINING,
  drained: proto.WorkerState.WORKER_STATE_DRAINED,
};

export function clusterService(deps: ClusterServiceDeps): ServiceRegistration {
  return implement(proto.ClusterServiceService, {
    getCluster: async (_, { signal }) => describe(deps, signal),
    setPool: async ({ name, limit }, { signal }) => {
      const known = await readPools(deps, signal);
      if (!known.some((pool) => pool.name === name)) {
        const names = known.map((pool) => pool.name).join(', ') || 'none yet';
        throw new AppError('not-found', `there is no pool ${name}; there are: ${names}`, {
          reason: 'POOL_UNKNOWN',
          facts: { pool: name },
        });
      }
      if (name !== deps.pool) {
        const description = `must be ${deps.pool}, the pool that comparisons run on; ${name} stands by`;
        throw AppError.invalid('the limit cannot be set', [{ field: 'name', description }]);
      }
      if (limit === 0) await deps.pools.delete(poolLimitKey(name));
      else await setPoolLimit(deps.pools, name, limit);
      const pool = (await readPools(deps, signal)).find((one) => one.name === name);
      return { pool };
    },
    collectGarbage: async ({ dryRun }, { signal }) => {
      const { removed, kept } = await deps.collectGarbage(dryRun, signal);
      return { removed: removed.map(encodeGroup), kept: kept.map(encodeGroup) };
    },
  });
}

async function describe(deps: ClusterServiceDeps, signal: AbortSignal): Promise<proto.GetClusterResponse> {
  const { workers, pools, logger, quota, pool, version } = deps;
  const [entries, profiles, seen, leader, window] = await Promise.all([
    readWorkers(workers, logger),
    readPoolProfiles(pools, logger),
    lookAtKubernetes(deps, signal),
    deps.leader(signal).catch(() => ''),
    deps.window(),
  ]);
  const { bus } = deps;
  const queues = await readQueues({ bus, queues: () => window ?? [] }, knownQueues(profiles, entries));
  const { workloads, otherPods, nodes, fault } = seen;
  const pending = findPending({ workloads, otherPods, workers: entries, queues, profiles, pool, version });
  return {
    pools: await encodePools(deps, profiles, entries, workloads ?? []),
    workers: entries.map(encodeWorker),
    queues,
    nodes: [...nodes],
    pending: [
      ...(fault === undefined ? [] : [{ name: 'Kubernetes', reason: fault }]),
      ...(window === undefined ? [noWindow] : []),
      ...pending,
    ],
    leader,
    scaler: deps.scaler,
    storeBytes: bytes(quota.bytes),
    storeQuotaBytes: bytes(quota.quotaBytes),
  };
}

const noWindow = {
  name: 'orchestrator',
  reason: 'none leads, or it does not tell what is ready: ready tasks are not known, and none is published',
};

interface KubernetesSight {
  readonly workloads: readonly Workload[] | undefined;
  readonly otherPods: readonly Pod[];
  readonly nodes: readonly ClusterNode[];
  /** What else is known is told all the same. */
  readonly fault?: string;
}

async function lookAtKubernetes(
  { workloads, logger }: ClusterServiceDeps,
  signal: AbortSignal,
): Promise<KubernetesSight> {
  const nothing = { workloads: undefined, otherPods: [], nodes: [] };
  if (workloads === undefined) return nothing;
  try {
    const [list, otherPods, nodes] = await Promise.all([
      workloads.list(signal),
      workloads.otherPods(signal),
      workloads.nodes(signal),
    ]);
    return { workloads: list, otherPods, nodes };
  } catch (error) {
    logger.warn({ err: error }, 'Kubernetes could not be looked at');
    return { ...nothing, fault: AppError.from(error).message };
  }
}

async function readPools(deps: ClusterServiceDeps, signal: AbortSignal): Promise<proto.Pool[]> {
  const [entries, profiles, { workloads = [] }] = await Promise.all([
    readWorkers(deps.workers, deps.logger),
    readPoolProfiles(deps.pools, deps.logger),
    lookAtKubernetes(deps, signal),
  ]);
  return encodePools(deps, profiles, entries, workloads);
}

async function encodePools(
  { pools, version, pool: own }: ClusterServiceDeps,
  profiles: readonly PoolProfile[],
  workers: readonly WorkerEntry[],
  workloads: readonly Workload[],
): Promise<proto.Pool[]> {
  const computing = workers.filter(({ kind }) => kind !== 'select');
  const names = new Set([own, ...[...profiles, ...computing, ...workloads].map(({ pool }) => pool)]);
  return Promise.all(
    [...names].sort().map(async (name) => {
      const ofPool = profiles.filter(({ pool }) => pool === name);
      const profile = ofPool.find((one) => one.version === version) ?? ofPool[0];
      return {
        name,
        numerics: profile?.numerics ?? computing.find(({ pool }) => pool === name)?.numerics ?? '',
        limit: await readLimit(pools, name),
        workloads: workloads.filter(({ pool }) => pool === name).map(encodeWorkload),
      };
    }),
  );
}

async function readLimit(pools: KeyValue, name: string): Promise<number | undefined> {
  const entry = await pools.get(poolLimitKey(name));
  const limit = entry && Number(Buffer.from(entry.value).toString('utf8'));
  return limit !== undefined && Number.isInteger(limit) && limit >= 0 ? limit : undefined;
}

function encodeWorkload({ replicas: wanted, ...workload }: Workload): proto.Workload {
  const { component, deployment, ready, min, max, gpus } = workload;
  return { component, deployment, wanted, ready, min, max, gpus };
}

function encodeWorker({ id, kind, pool, state, slots, busy, version, host }: WorkerEntry): proto.Worker {
  return { id, kind, pool, state: states[state], slots, busy, version, host };
}

function encodeGroup({ reason, objects, bytes }: Collection['removed'][number]): proto.GarbageGroup {
  return { reason, objects: BigInt(objects), bytes: BigInt(bytes) };
}

function bytes(value: number | undefined): bigint | undefined {
  return value === undefined ? undefined : BigInt(value);
}
