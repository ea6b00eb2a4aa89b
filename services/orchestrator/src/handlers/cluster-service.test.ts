import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { cluster } from '@alarena/api';
import { InProcessBus, type KeyValue } from '@alarena/bus';
import { AppError } from '@alarena/core';
import { createClient } from '@alarena/grpc';
import { announceWorker, type NumericsProfile, profileName } from '@alarena/tasks';
import { expectAppError, openServiceHome, waitFor } from '@alarena/testkit';
import type { WindowCount } from '../domain/scaling/queue-figures.js';
import type { Workload, Workloads } from '../domain/scaling/workloads.js';
import { clusterService } from './cluster-service.js';

const call = { timeoutMs: 10_000 };
const profile: NumericsProfile = {
  device: 'cpu',
  instructionSet: 'x64-avx2',
  tensorflow: '2.21.0',
  threads: 1,
  precision: 'float32',
};
const numerics = profileName(profile);
const trainers: Workload = {
  ...{ deployment: 'trainer-cpu', component: 'trainer', pool: 'cpu', min: 0, max: 2, slots: 1, gpus: 0 },
  ...{ replicas: 2, ready: 1, rolling: false, trouble: undefined, pods: [] },
};

interface Served {
  readonly client: ReturnType<typeof createClient<typeof cluster.ClusterServiceService>>;
  readonly pools: KeyValue;
  announce(): Promise<void>;
}

async function serve(
  t: TestContext,
  {
    queues = [],
    workloads,
  }: { readonly queues?: readonly WindowCount[] | 'unknown'; readonly workloads?: Workloads } = {},
): Promise<Served> {
  const home = await openServiceHome();
  const bus = new InProcessBus();
  const end = new AbortController();
  const [workers, drains, pools] = await Promise.all(
    ['workers', 'drains', 'pools'].map((name) => bus.openBucket({ name })),
  );
  if (!workers || !drains || !pools) throw new Error('no buckets');
  const { logger } = home;
  const address = await home.serve([
    clusterService({
      ...{ bus, workers, pools, workloads, logger, pool: 'cpu', version: '1.2.3', scaler: '' },
      window: async () => (queues === 'unknown' ? undefined : queues),
      leader: async () => 'orchestrator-1',
      quota: { bytes: 7, quotaBytes: 10 },
      collectGarbage: async (dryRun) => ({
        removed: [{ reason: dryRun ? 'would go' : 'gone', objects: 2, bytes: 2 ** 40 }],
        kept: [],
      }),
    }),
  ]);
  const client = createClient(cluster.ClusterServiceService, address);
  t.after(async () => {
    client.close();
    end.abort();
    await home.close();
    await bus.close();
  });
  return {
    ...{ client, pools },
    announce: async () => {
      await announceWorker({
        ...{ workers, drains, pools, logger, signal: end.signal },
        info: {
          ...{ id: 'trainer-1', kind: 'fit', pool: 'cpu', profile, numerics, version: '1.2.3' },
          ...{ slots: 2, host: 'node-1' },
        },
      });
      await waitFor('the worker', async () => (await workers.keys('')).length > 0);
    },
  };
}

function pretended(list: () => Promise<readonly Workload[]>): Workloads {
  const nothing = async (): Promise<void> => {};
  return {
    list,
    otherPods: async () => [],
    nodes: async () => [],
    setReplicas: nothing,
    setDeletionCost: nothing,
  };
}

describe('the cluster service', () => {
  test('describes an installation without Kubernetes', async (t) => {
    const { client, announce } = await serve(t);
    await announce();
    const state = await client.getCluster({}, call);
    assert.deepEqual(state.pools, [{ name: 'cpu', numerics, limit: undefined, workloads: [] }]);
    assert.deepEqual(state.workers, [
      {
        ...{ id: 'trainer-1', kind: 'fit', pool: 'cpu', slots: 2, busy: 0, version: '1.2.3', host: 'node-1' },
        state: cluster.WorkerState.WORKER_STATE_SERVING,
      },
    ]);
    assert.deepEqual(
      state.queues.map(({ name }) => name),
      [`task.embed.${numerics}`, `task.fit.${numerics}`, `task.infer.${numerics}`, 'task.select.any'],
    );
    assert.deepEqual(state.pending, []);
    assert.deepEqual([state.leader, state.scaler], ['orchestrator-1', '']);
    assert.deepEqual([state.storeBytes, state.storeQuotaBytes], [7n, 10n]);
  });

  test('says what waits: a pool that has told nothing, a queue that nobody takes from', async (t) => {
    const queues = [{ queue: 'task.fit.gpu-1', ready: 5, published: 2 }];
    const { client } = await serve(t, { queues });
    const { pending } = await client.getCluster({}, call);
    assert.deepEqual(
      pending.map(({ name }) => name),
      ['pool cpu', 'task.fit.gpu-1'],
    );
    assert.match(pending[0]?.reason ?? '', /none of its workers has told its numerics yet/);
    assert.equal(pending[1]?.reason, 'no worker takes its 5 tasks');
  });

  test('says that the ready tasks are not known while no leader tells them', async (t) => {
    const { client } = await serve(t, { queues: 'unknown' });
    const { pending } = await client.getCluster({}, call);
    assert.equal(pending[0]?.name, 'orchestrator');
    assert.match(pending[0]?.reason ?? '', /ready tasks are not known/);
  });

  test('says that a pool is at its limit, and what Kubernetes says', async (t) => {
    const queues = [{ queue: `task.fit.${numerics}`, ready: 5, published: 0 }];
    const trouble = 'FailedCreate: exceeded quota';
    const workloads = pretended(async () => [{ ...trainers, trouble }]);
    const { client, announce } = await serve(t, { queues, workloads });
    await announce();
    const { pending, pools } = await client.getCluster({}, call);
    assert.deepEqual(pending, [
      { name: 'trainer-cpu', reason: trouble },
      {
        name: `task.fit.${numerics}`,
        reason: 'pool cpu is at its maximum of 2 workers; 5 of its tasks wait',
      },
    ]);
    const { component, deployment, ready, min, max, gpus } = trainers;
    assert.deepEqual(pools[0]?.workloads, [{ component, deployment, wanted: 2, ready, min, max, gpus }]);
  });

  test('tells the rest while Kubernetes does not answer', async (t) => {
    const away = new AppError('unavailable', 'the Kubernetes API did not answer for pods');
    const { client, announce } = await serve(t, { workloads: pretended(() => Promise.reject(away)) });
    await announce();
    const state = await client.getCluster({}, call);
    assert.equal(state.workers.length, 1);
    assert.deepEqual(state.pending, [{ name: 'Kubernetes', reason: away.message }]);
  });

  test('limits a pool, lifts the limit, and refuses an unknown pool by name', async (t) => {
    const { client, announce, pools } = await serve(t);
    await announce();
    assert.equal((await client.setPool({ name: 'cpu', limit: 3 }, call)).pool?.limit, 3);
    assert.equal((await client.getCluster({}, call)).pools[0]?.limit, 3);
    assert.equal((await client.setPool({ name: 'cpu', limit: 0 }, call)).pool?.limit, undefined);
    assert.deepEqual(await pools.keys('limit.'), []);
    const refused = await expectAppError('not-found', client.setPool({ name: 'tpu', limit: 1 }, call));
    assert.match(refused.message, /there is no pool tpu; there are: cpu/);
  });

  test('collects garbage, or says what would go', async (t) => {
    const { client } = await serve(t);
    const group = { objects: 2n, bytes: 2n ** 40n };
    const dry = await client.collectGarbage({ dryRun: true }, call);
    assert.deepEqual(dry.removed, [{ reason: 'would go', ...group }]);
    const wet = await client.collectGarbage({ dryRun: false }, call);
    assert.deepEqual(wet.removed, [{ reason: 'gone', ...group }]);
  });
});
