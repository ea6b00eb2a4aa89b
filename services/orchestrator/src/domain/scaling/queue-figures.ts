// What is in the queues: what the leader has ready, and what the bus knows of the published.

import type { Bus } from '@alarena/bus';
import {
  anyNumerics,
  type PoolProfile,
  type QueueState,
  type TaskKind,
  taskKinds,
  type WorkerEntry,
  type WorkerKind,
} from '@alarena/tasks';

export interface QueueFigures {
  /** `task.<kind>.<numerics>`. */
  readonly name: string;
  /** Not yet published. */
  readonly ready: number;
  /** Published, and not with a worker. */
  readonly waiting: number;
  readonly inWork: number;
}

export interface QueueSources {
  readonly bus: Pick<Bus, 'queueState'>;
  /** Of the leader's publish window. */
  readonly queues: () => readonly WindowCount[];
}

/** Of one queue. */
export type WindowCount = Pick<QueueState, 'queue' | 'ready' | 'published'>;

/** By name. While the bus is away, all that is published counts as waiting. */
export async function readQueues(
  { bus, queues }: QueueSources,
  known: Iterable<string>,
): Promise<QueueFigures[]> {
  const window = new Map(queues().map((state) => [state.queue, state]));
  const names = [...new Set([...known, ...window.keys()])].sort();
  return Promise.all(
    names.map(async (name) => {
      const { ready = 0, published = 0 } = window.get(name) ?? {};
      const seen = await bus.queueState(name).catch(() => ({ waiting: published, inFlight: 0 }));
      return { name, ready, waiting: seen.waiting, inWork: seen.inFlight };
    }),
  );
}

/** Queues of pools that have told their numerics, of workers, and of what needs no pool. */
export function knownQueues(
  profiles: readonly PoolProfile[],
  workers: readonly WorkerEntry[],
): ReadonlySet<string> {
  const numerics = new Set([...profiles, ...workers].map((one) => one.numerics));
  numerics.delete(anyNumerics);
  const computing = [...numerics].flatMap((name) =>
    taskKinds.filter((kind) => kind !== 'select').map((kind) => `task.${kind}.${name}`),
  );
  return new Set([...computing, `task.select.${anyNumerics}`]);
}

/** Kind of the workers that take a queue's tasks, and their numerics. */
export function takersOf(queue: string): { readonly kind: WorkerKind; readonly numerics: string } {
  const [, name = '', numerics = ''] = queue.split('.');
  const kind: TaskKind | undefined = taskKinds.find((known) => known === name);
  return { kind: kind === undefined || kind === 'embed' ? 'infer' : kind, numerics };
}
