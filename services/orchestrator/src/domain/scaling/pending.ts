// What waits in an installation, and why, in words for people.

import type { PoolProfile, WorkerEntry } from '@alarena/tasks';
import { type QueueFigures, takersOf } from './queue-figures.js';
import type { Pod, Workload } from './workloads.js';

export interface Pending {
  readonly name: string;
  readonly reason: string;
}

export interface PendingSight {
  /** Undefined where nobody here knows them. */
  readonly workloads: readonly Workload[] | undefined;
  readonly otherPods: readonly Pod[];
  readonly workers: readonly WorkerEntry[];
  readonly queues: readonly QueueFigures[];
  readonly profiles: readonly PoolProfile[];
  /** That comparisons run on. */
  readonly pool: string;
  readonly version: string;
}

export function findPending(sight: PendingSight): Pending[] {
  const { workloads = [], otherPods } = sight;
  return [
    ...withoutProfile(sight),
    ...workloads.flatMap(({ deployment, trouble }) =>
      trouble === undefined ? [] : [{ name: deployment, reason: trouble }],
    ),
    ...[...otherPods, ...workloads.flatMap(({ pods }) => pods)].flatMap(({ name, waiting }) =>
      waiting === undefined ? [] : [{ name, reason: waiting }],
    ),
    ...sight.queues.flatMap((queue) => {
      const reason = whyQueueWaits(queue, sight);
      return reason === undefined ? [] : [{ name: queue.name, reason }];
    }),
  ];
}

function withoutProfile({ pool, version, profiles }: PendingSight): Pending[] {
  if (profiles.some((profile) => profile.pool === pool && profile.version === version)) return [];
  const reason = `none of its workers has told its numerics yet (version ${version}), by which tasks are named`;
  return [{ name: `pool ${pool}`, reason }];
}

function whyQueueWaits(queue: QueueFigures, sight: PendingSight): string | undefined {
  const { kind, numerics } = takersOf(queue.name);
  const tasks = queue.ready + queue.waiting;
  if (tasks === 0) return undefined;
  const takers = sight.workers.filter((worker) => worker.kind === kind && worker.numerics === numerics);
  const component = kind === 'fit' ? 'trainer' : 'inference';
  const pools = new Set(
    [...takers, ...sight.profiles.filter((profile) => profile.numerics === numerics)].map(poolOf),
  );
  const able = (sight.workloads ?? []).filter((one) => one.component === component && pools.has(one.pool));
  const full = able.length > 0 && able.every(({ replicas, max }) => replicas >= max);
  if (full) {
    const limits = able.map(({ pool, max }) => `pool ${pool} is at its maximum of ${max} workers`);
    return `${limits.join(', ')}; ${tasks} of its tasks wait`;
  }
  if (takers.length > 0) return undefined;
  const starting = able.reduce((sum, { replicas }) => sum + replicas, 0);
  return `no worker takes its ${tasks} tasks${starting > 0 ? ` yet; ${starting} wanted` : ''}`;
}

function poolOf({ pool }: { readonly pool: string }): string {
  return pool;
}
