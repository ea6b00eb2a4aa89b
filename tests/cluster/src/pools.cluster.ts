// GPU pools on a real API server, scheduler and JetStream: the chart's Deployments are scaled by two orchestrators'
// scalers, of which one leads. Only the nodes are pretended, and the workers compute nothing.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { cluster } from '@alarena/api';
import { connectNats, JetStreamBus } from '@alarena/bus';
import { createClient } from '@alarena/grpc';
import { clusterService, type Workload, type Workloads } from '@alarena/service-orchestrator';
import { kubernetesWorkloads } from '@alarena/service-orchestrator/kubernetes';
import { profileName, semantics, type Task } from '@alarena/tasks';
import {
  captureLog,
  openServiceHome,
  type RunningKubernetes,
  type RunningNats,
  type RunningServer,
  type ServiceHome,
  startKubernetes,
  startKwok,
  startNats,
  waitFor,
} from '@alarena/testkit';
import { CoordinationV1Api } from '@kubernetes/client-node';
import { PoolChart } from './pool-chart.js';
import { PoolLeader } from './pool-leaders.js';
import { PoolWorkers, profile } from './pool-workers.js';

const namespace = 'research';
const release = 'alarena';
const version = '1.2.3';
const limitMs = 180_000;
const gpuNode = {
  labels: { accelerator: 'a100' },
  allocatable: { 'nvidia.com/gpu': '1' },
  taints: [{ key: 'nvidia.com/gpu', effect: 'NoSchedule' }],
} as const;

describe('GPU pools', () => {
  let home: ServiceHome;
  let kubernetes: RunningKubernetes;
  let kwok: RunningServer;
  let nats: RunningNats;
  let bus: JetStreamBus;
  let workloads: Workloads;
  let workers: PoolWorkers;
  let leaders: readonly PoolLeader[];
  let client: ReturnType<typeof createClient<typeof cluster.ClusterServiceService>>;
  let chart: PoolChart;
  const wanted = new Set<Task<'fit'>>();

  before(async () => {
    home = await openServiceHome();
    kubernetes = await startKubernetes();
    kwok = await startKwok(kubernetes, {
      nodes: [{ name: 'cpu-1' }, { name: 'gpu-1', ...gpuNode }, { name: 'gpu-2', ...gpuNode }],
    });
    nats = await startNats();
    bus = await JetStreamBus.open(await connectNats({ servers: [nats.url] }));
    chart = await PoolChart.install({ home, kubernetes, namespace, release });
    const config = await chart.orchestratorsConfig();
    workloads = kubernetesWorkloads({ config, namespace, release });
    workers = new PoolWorkers({ workloads, bus, store: home.store, version });
    const [workerBucket, drains, pools] = await Promise.all([
      bus.openBucket({ name: 'workers', ttlMs: 30_000 }),
      bus.openBucket({ name: 'drains' }),
      bus.openBucket({ name: 'pools' }),
    ]);
    const buckets = { workers: workerBucket, drains, pools };
    leaders = ['orchestrator-a', 'orchestrator-b'].map(
      (name) =>
        new PoolLeader({
          ...{ name, namespace, workloads, bus, buckets, version, wanted, lease: 'alarena-orchestrator' },
          ...{ api: config.makeApiClient(CoordinationV1Api), store: home.store, logger: captureLog().logger },
        }),
    );
    client = createClient(
      cluster.ClusterServiceService,
      await home.serve([
        clusterService({
          ...{ ...buckets, bus, workloads, version, logger: home.logger, pool: 'gpu', scaler: 'builtin' },
          window: async () => leaders.flatMap(({ queues }) => queues),
          leader: async () => leaders.find(({ leads }) => leads)?.name ?? '',
          quota: { bytes: undefined, quotaBytes: undefined },
          collectGarbage: async () => ({ removed: [], kept: [] }),
        }),
      ]),
    );
  });

  after(async () => {
    client?.close();
    await Promise.all((leaders ?? []).map((leader) => leader.close()));
    await workers?.close();
    await bus?.close();
    await nats?.stop();
    await kwok?.stop();
    await kubernetes?.stop();
    await home?.close();
  });

  test('go to none when there is nothing to do, and have told how they compute', async () => {
    await until('the pool to be empty', (trainers, inference) => gone(trainers) && gone(inference));
    const state = await getCluster();
    assert.equal(state.pools[0]?.numerics, profileName(profile));
    assert.deepEqual(state.pending, []);
    assert.deepEqual(
      state.nodes.map(({ name, gpus, gpusUsed, ready }) => [name, gpus, gpusUsed, ready]),
      [
        ['cpu-1', 0, 0, true],
        ['gpu-1', 1, 0, true],
        ['gpu-2', 1, 0, true],
      ],
    );
  });

  test('grow with the tasks to their limit, on GPU nodes; what finds no GPU is explained', async () => {
    publish(12);
    const trainers = await until(
      'both GPUs to be at work and more to be asked for',
      ({ replicas }) => workers.busy.length === 2 && replicas === 3,
    );
    assert.deepEqual(trainers.pods.flatMap(({ node }) => node ?? []).sort(), ['gpu-1', 'gpu-2']);
    let state = await getCluster();
    const told = () => {
      const { pending, pools, queues, leader } = state;
      const sum = (of: 'ready' | 'waiting' | 'inWork'): number =>
        queues.reduce((total, queue) => total + queue[of], 0);
      const tasks = sum('ready') + sum('waiting') + sum('inWork');
      const atWork = pools[0]?.workloads[0]?.ready;
      return { leader, atWork, pending: pending.length, tasks, inWork: sum('inWork') };
    };
    const expected = () => {
      const leader = leaders.find(({ leads }) => leads)?.name;
      return { leader, atWork: 2, pending: 2, tasks: 12, inWork: 2 };
    };
    // The counts of the bus, of the window and of Kubernetes are not of the same moment.
    await waitFor(
      'all to be told',
      async () => {
        state = await getCluster();
        return isDeepStrictEqual(told(), expected());
      },
      limitMs,
    ).catch(() => assert.deepEqual(told(), expected()));
    const [pod, queue] = state.pending;
    assert.match(pod?.name ?? '', /^alarena-trainer-gpu-/);
    assert.match(
      pod?.reason ?? '',
      /^Unschedulable: 0\/3 nodes are available: .*2 Insufficient nvidia\.com\/gpu/,
    );
    assert.match(queue?.reason ?? '', /^pool gpu is at its maximum of 3 workers; \d+ of its tasks wait$/);
    assert.deepEqual(
      state.nodes.map(({ gpusUsed }) => gpusUsed),
      [0, 1, 1],
    );
    const [workload] = state.pools[0]?.workloads ?? [];
    assert.deepEqual(
      { ...workload },
      {
        ...{ component: 'trainer', deployment: 'alarena-trainer-gpu', wanted: 3, ready: 2 },
        ...{ min: 0, max: 3, gpus: 1 },
      },
    );
  });

  test('are kept over an upgrade of the chart', async () => {
    await chart.upgrade(['--set', 'components.strategy.replicas=2']);
    assert.equal((await trainersNow()).replicas, 3);
  });

  test('are scaled on by another leader when one is cut off, and shrink to who is busy', async () => {
    const first = await waitFor('a leader', () => leaders.find(({ leads }) => leads), limitMs);
    first.cutOff();
    await waitFor('another to lead', () => leaders.some((one) => one !== first && one.leads), limitMs);
    // All but one task end; of the two workers one goes, and not the busy one.
    const left = await waitFor(
      'one task to be left',
      async () => {
        const unfinished = wanted.size - workers.finished.size;
        if (unfinished > 1) workers.finish(unfinished - 1);
        const { waiting = 0, ready = 0, inWork = 0 } = (await fitQueue()) ?? {};
        return waiting + ready + inWork === 1 && workers.busy.length === 1 ? workers.busy[0] : undefined;
      },
      limitMs,
    );
    const trainers = await until(
      'the idle to go',
      ({ replicas, pods }) => replicas === 1 && pods.length === 1,
    );
    assert.equal(trainers.pods[0]?.name, left);
    assert.deepEqual(workers.busy, [left]);
  });

  test('grow again while they shrink, and end with none', async () => {
    publish(6);
    await until('both GPUs to be at work', () => workers.busy.length === 2);
    await until('all to be done', (trainers, inference) => {
      workers.finish();
      return gone(trainers) && gone(inference);
    });
    assert.deepEqual(workers.taken, [], 'no pod of a busy worker went');
    const drains = await bus.openBucket({ name: 'drains' });
    await waitFor('drains to be lifted', async () => (await drains.keys('drain.')).length === 0, limitMs);
  });

  test('leave nothing when they are uninstalled but the volumes, and the Lease at most', async () => {
    await Promise.all(leaders.map((leader) => leader.close()));
    await chart.uninstall();
    const kinds = (await kubernetes.kubectl(['api-resources', '--verbs=list', '-o', 'name']))
      .trim()
      .split('\n');
    const left = await waitFor(
      'all to be gone',
      async () => {
        const listed = await kubernetes.kubectl([
          ...['get', kinds.join(','), '--all-namespaces', '-o', 'name'],
          ...['-l', `app.kubernetes.io/instance=${release}`, '--ignore-not-found'],
        ]);
        const names = listed.trim().split('\n').sort();
        return names.length <= 2 ? names : undefined;
      },
      limitMs,
    );
    assert.deepEqual(left, [
      'persistentvolumeclaim/data-alarena-minio-0',
      'persistentvolumeclaim/data-alarena-nats-0',
    ]);
  });

  function publish(count: number): void {
    for (let i = 0; i < count; i++) {
      const task = fitTask(wanted.size);
      wanted.add(task);
      for (const leader of leaders) leader.ask(task);
    }
  }

  async function until(
    what: string,
    is: (trainers: Workload, inference: Workload) => boolean,
  ): Promise<Workload> {
    return waitFor(
      what,
      async () => {
        const list = await workloads.list(AbortSignal.timeout(60_000));
        const [trainers, inference] = ['trainer', 'inference'].map((name) =>
          list.find(({ component }) => component === name),
        );
        return trainers !== undefined && inference !== undefined && is(trainers, inference) && trainers;
      },
      limitMs,
    );
  }

  function trainersNow(): Promise<Workload> {
    return until('the trainers', () => true);
  }

  async function getCluster(): Promise<cluster.GetClusterResponse> {
    return client.getCluster({}, { timeoutMs: 60_000 });
  }

  async function fitQueue(): Promise<cluster.Queue | undefined> {
    return (await getCluster()).queues.find(({ name }) => name.startsWith('task.fit.'));
  }
});

function gone({ replicas, pods }: Workload): boolean {
  return replicas === 0 && pods.length === 0;
}

function fitTask(seed: number): Task<'fit'> {
  return {
    ...{ kind: 'fit', semantics: semantics.fit, numerics: profileName(profile) },
    inputs: {
      dataset: 'd'.repeat(64),
      model: { architecture: 'bayesian-cnn', dropout: 0.5 },
      training: {
        ...{ epochs: 1, batchSize: 64, optimizer: { name: 'adam' }, learningRate: 0.001 },
        ...{ patience: null, minStepsPerEpoch: 1 },
      },
      seed,
      labelled: { sha256: 'a'.repeat(64), count: 20 },
      validation: { sha256: 'b'.repeat(64), count: 100 },
      test: { sha256: 'c'.repeat(64), count: 1000 },
    },
  };
}
