// Several orchestrators on one store, with workers that measure nothing: results follow from the inputs alone, so that
// a comparison of many cells takes a moment and its end is known.

import { comparison } from '@alarena/api';
import type { Buckets, Bus, KeyValue } from '@alarena/bus';
import { connectNats, InProcessBus, InProcessKeyValue, JetStreamBus } from '@alarena/bus';
import { contentKey, plainJson } from '@alarena/core';
import { type ClientOf, createClient } from '@alarena/grpc';
import type { ObjectStore } from '@alarena/store';
import {
  anyNumerics,
  type FitResult,
  getIds,
  type NumericsProfile,
  profileName,
  runWorker,
  type SelectResult,
} from '@alarena/tasks';
import { openServiceHome, type ServiceHome, waitFor, writeSyntheticDataset } from '@alarena/testkit';
import { keyValueLock } from '../adapters/key-value-lock.js';
import { fixedCapacity } from '../adapters/queue-capacity.js';
import { ElectedLeadership, type ElectionOptions } from '../domain/elected-leadership.js';
import type { WindowCount } from '../domain/scaling/queue-figures.js';
import { leaderWindow, tellQueues, windowBucket } from '../domain/scaling/told-queues.js';
import { createOrchestrator, type Orchestrator, type OrchestratorDeps } from '../server.js';
import { severable } from './severable.js';

export interface Replica {
  readonly client: ClientOf<typeof comparison.ComparisonServiceService>;
  readonly orchestrator: Orchestrator;
  /** What it says of the leader's publish window. */
  window(): Promise<readonly WindowCount[] | undefined>;
  /** Cuts it off from bus and buckets, as if its node were gone. */
  sever(): void;
  stop(): Promise<void>;
}

/** What joins the parts: one set for each process. */
export interface Joint {
  readonly bus: Bus;
  readonly buckets: Buckets;
  readonly electing: Electing;
  close(): Promise<void>;
}

export interface Replicas extends ServiceHome {
  startReplica(): Promise<Replica>;
  /** `before`: awaited by each fit. */
  startWorkers(concurrency?: number, before?: () => Promise<void>): Promise<void>;
  /** Keys of the tasks computed, in order. */
  readonly computed: readonly string[];
}

const profile: NumericsProfile = {
  ...{ device: 'cpu', instructionSet: 'none', tensorflow: '0', threads: 1, precision: 'f32' },
};

export const fitQueue = `task.fit.${profileName(profile)}`;

type Electing = Required<Pick<ElectionOptions, 'renewMs' | 'loseMs' | 'leaseMs' | 'retryMs'>>;
const electing: Electing = { renewMs: 60, loseMs: 250, leaseMs: 500, retryMs: 40 };
/** By way of a server, which may be slow to answer. */
const electingOnNats: Electing = { renewMs: 300, loseMs: 2_500, leaseMs: 4_000, retryMs: 100 };
const timing = { statusMs: 50, lookMs: 200, answerMs: 60_000, retryMs: 200 };

/** Waits for one that leads. */
export async function leaderOf(
  replicas: readonly Replica[],
): Promise<{ leader: Replica; others: readonly Replica[] }> {
  const leader = await waitFor('a leader', () =>
    replicas.find(({ orchestrator }) => orchestrator.isLeader()),
  );
  return { leader, others: replicas.filter((replica) => replica !== leader) };
}

export interface ReplicasOptions {
  readonly retention?: OrchestratorDeps['retention'];
  /** What replicas and workers see of the store. Default: the store. */
  readonly seen?: (store: ObjectStore) => ObjectStore;
}

/** `slots`: of which the publish window takes twice as many tasks of a queue. */
export async function openReplicas(
  join: () => Promise<Joint> = inProcess(),
  slots = 16,
  { retention, seen = (store) => store }: ReplicasOptions = {},
): Promise<Replicas> {
  const home = await openServiceHome();
  await writeSyntheticDataset(home.store, home.folder);
  const { logger } = home;
  const store = seen(home.store);
  const computed: string[] = [];

  const startWorkers: Replicas['startWorkers'] = async (concurrency = 8, before = async () => {}) => {
    const { bus, close } = await join();
    const stopping = new AbortController();
    const { signal } = stopping;
    const common = { bus, store, logger, concurrency, signal };
    const numerics = profileName(profile);
    const fit = runWorker({
      ...{ ...common, kind: 'fit', numerics },
      handler: async (inputs, { key }): Promise<FitResult> => {
        await before();
        for (const ids of [inputs.labelled, inputs.test]) await getIds(store, ids);
        computed.push(key);
        const share = Number.parseInt(contentKey(plainJson(inputs)).slice(0, 8), 16) / 2 ** 32;
        const metrics = { loss: share, accuracy: share, macroF1: share };
        return { ...noFit, training: metrics, test: metrics };
      },
    });
    const select = runWorker({
      ...{ ...common, kind: 'select', numerics: anyNumerics },
      handler: async ({ pool, k }, { key }): Promise<SelectResult> => {
        computed.push(key);
        const ids = [...(await getIds(store, pool))].slice(0, k);
        return { ids, scores: ids.map(() => 0), notes: [] };
      },
    });
    home.onClose(async () => {
      stopping.abort();
      await Promise.allSettled([fit, select]);
      await close();
    });
  };

  let started = 0;
  const startReplica = async (): Promise<Replica> => {
    const joint = await join();
    const number = ++started;
    let isCut = false;
    const cuttable = <T extends object>(part: T): T => severable(part, () => isCut);
    const bucket = async (name: string): Promise<KeyValue> =>
      cuttable(await joint.buckets.openBucket({ name }));
    const lock = keyValueLock(await bucket('leader'), 'orchestrator');
    const leadership = new ElectedLeadership({
      lock,
      candidate: `replica-${number}`,
      logger,
      ...joint.electing,
    });
    const told = cuttable(await joint.buckets.openBucket(windowBucket));
    const queues: Orchestrator['queues'] = () => orchestrator.queues();
    const orchestrator: Orchestrator = createOrchestrator({
      alongside: (leading) => tellQueues({ window: told, queues, logger, everyMs: 50 }, leading),
      ...{ store, logger, leadership, timing, retention, bus: cuttable(joint.bus) },
      ...{ comparisons: await bucket('comparisons'), capacity: () => fixedCapacity(slots) },
      ...{ profile: async () => profile, parallelism: 4, versions: { alarena: '0.0.0-test' } },
    });
    await orchestrator.resumeInterrupted();
    const address = await home.serve([orchestrator.registration]);
    const client = createClient(comparison.ComparisonServiceService, address);
    const stop = async (): Promise<void> => {
      await orchestrator.close();
      client.close();
      await joint.close();
    };
    let stopped: Promise<void> | undefined;
    const once = (): Promise<void> => (stopped ??= stop());
    home.onClose(once);
    const { isLeader } = orchestrator;
    const window = (): ReturnType<Replica['window']> => leaderWindow({ window: told, queues, isLeader });
    return { client, orchestrator, window, sever: () => (isCut = true), stop: once };
  };
  return { ...home, startReplica, startWorkers, computed };
}

const noFit = { weights: [], history: [], bestEpoch: 1, validation: null } as const;

/** A connection for each process. */
export function onNats({ url }: { readonly url: string }): () => Promise<Joint> {
  return async () => {
    const bus = await JetStreamBus.open(await connectNats({ servers: [url] }));
    return { bus, buckets: bus, electing: electingOnNats, close: () => bus.close() };
  };
}

/** One bus and its buckets for all. */
function inProcess(): () => Promise<Joint> {
  const bus = new InProcessBus();
  const open = new Map<string, KeyValue>();
  const buckets: Buckets = {
    openBucket: async ({ name }) => {
      const bucket = open.get(name) ?? new InProcessKeyValue();
      open.set(name, bucket);
      return bucket;
    },
  };
  return async () => ({ bus, buckets, electing, close: async () => {} });
}
