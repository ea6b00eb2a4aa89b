// Pools: what the scaler finds, who owns the replicas, devices and nodes.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { at, environment, list, named, ofKind, render, shapes } from './chart.js';

const gke = shapes['GPU on GKE']!;
const keda = shapes['KEDA, everything external']!;
const pool = 'alarena.dev/pool';

/** Names of the queues, from the library that makes them. */
interface Topology {
  readonly taskStreamName: string;
  consumerName(queue: string): string;
}

const topology = (await import(
  new URL('../../../libs/bus/dist/topology.js', import.meta.url).href
)) as Topology;

describe('pools', () => {
  test('are a Deployment of trainers and one of inference workers each, found by labels', async () => {
    const deployments = ofKind(await render(gke), 'Deployment').filter(
      ({ metadata }) => metadata.labels?.[pool] !== undefined,
    );
    const found = deployments.map(({ metadata }) => [
      metadata.labels?.['app.kubernetes.io/component'],
      metadata.labels?.[pool],
      metadata.name,
    ]);
    assert.deepEqual(found, [
      ['trainer', 'cpu', 'alarena-trainer-cpu'],
      ['inference', 'cpu', 'alarena-inference-cpu'],
      ['trainer', 'gpu-a100', 'alarena-trainer-gpu-a100'],
      ['inference', 'gpu-a100', 'alarena-inference-gpu-a100'],
      ['trainer', 'gpu-l4-spot', 'alarena-trainer-gpu-l4-spot'],
    ]);
    const limits = deployments.map(({ metadata }) => metadata.annotations?.['alarena.dev/max']);
    assert.deepEqual(limits, ['8', '8', '8', '4', '32']);
    for (const deployment of deployments) {
      for (const [label, value] of Object.entries(deployment.metadata.labels ?? {})) {
        if (label !== pool && label !== 'app.kubernetes.io/component') continue;
        assert.equal(at(deployment, 'spec', 'template', 'metadata', 'labels', label), value);
      }
    }
  });

  test('leave their replicas to the scaler', async () => {
    for (const shape of [gke, keda]) {
      for (const deployment of ofKind(await render(shape), 'Deployment')) {
        const scaled = deployment.metadata.labels?.[pool] !== undefined;
        assert.equal(at(deployment, 'spec', 'replicas') === undefined, scaled, deployment.metadata.name);
      }
    }
  });

  test('stay at their minimum where nobody scales', async () => {
    const objects = await render({ ...gke, set: ['scaler.kind=none', 'pools.cpu.min=3'] });
    assert.equal(at(named(objects, 'Deployment', 'alarena-trainer-cpu'), 'spec', 'replicas'), 3);
    assert.deepEqual(ofKind(objects, 'ScaledObject'), []);
  });

  test('are scaled by KEDA or by the orchestrator, never by both', async () => {
    const withKeda = await render(keda);
    const builtin = await render(gke);
    assert.equal(ofKind(withKeda, 'ScaledObject').length, 5);
    assert.deepEqual(ofKind(builtin, 'ScaledObject'), []);
    const verbs = (objects: typeof builtin) =>
      list(at(named(objects, 'Role', 'alarena-orchestrator'), 'rules')).flatMap((rule) =>
        list(at(rule, 'resources')).map((resource) => [resource, list(at(rule, 'verbs')).join(' ')]),
      );
    const told = (objects: typeof builtin): unknown => {
      const pod = at(named(objects, 'Deployment', 'alarena-orchestrator'), 'spec', 'template');
      return environment(pod).ALARENA_ORCHESTRATOR_SCALER;
    };
    assert.deepEqual([told(builtin), told(withKeda)], ['builtin', 'none']);
    assert.deepEqual(verbs(builtin), [
      ['leases', 'get create update'],
      ['deployments', 'get list watch patch update'],
      ['deployments/scale', 'get patch update'],
      ['pods', 'get list watch patch'],
      ['events', 'list'],
    ]);
    assert.deepEqual(verbs(withKeda), [
      ['leases', 'get create update'],
      ['deployments', 'get list watch'],
      ['pods', 'get list watch'],
      ['events', 'list'],
    ]);
  });

  test('are scaled by the consumers that the bus makes', async () => {
    const objects = await render(keda);
    const triggers = (name: string): unknown[] =>
      list(at(named(objects, 'ScaledObject', name), 'spec', 'triggers')).map((one) => at(one, 'metadata'));
    const profile = 'gpu-a100a100a100';
    const common = {
      natsServerMonitoringEndpoint: 'nats-a.example.org:8222',
      account: '$G',
      stream: topology.taskStreamName,
      lagThreshold: '2',
      activationLagThreshold: '0',
      useHttps: 'false',
    };
    assert.deepEqual(triggers('alarena-trainer-gpu-a100'), [
      { ...common, consumer: topology.consumerName(`task.fit.${profile}`) },
    ]);
    assert.deepEqual(
      triggers('alarena-inference-gpu-a100'),
      ['infer', 'embed'].map((kind) => ({
        ...common,
        consumer: topology.consumerName(`task.${kind}.${profile}`),
      })),
    );
  });

  test('with GPUs ask for them, bear their taint, and run the GPU image', async () => {
    const objects = await render(gke);
    const pod = at(named(objects, 'Deployment', 'alarena-trainer-gpu-a100'), 'spec', 'template', 'spec');
    const [container] = list(at(pod, 'containers'));
    assert.equal(at(container, 'resources', 'limits', 'nvidia.com/gpu'), 1);
    assert.match(String(at(container, 'image')), /alarena-worker-gpu:/);
    assert.deepEqual(at(pod, 'nodeSelector'), {
      'cloud.google.com/gke-accelerator': 'nvidia-tesla-a100',
    });
    assert.ok(list(at(pod, 'tolerations')).some((one) => at(one, 'key') === 'nvidia.com/gpu'));
    const cpu = at(named(objects, 'Deployment', 'alarena-trainer-cpu'), 'spec', 'template', 'spec');
    assert.equal(at(cpu, 'containers', 0, 'resources', 'limits', 'nvidia.com/gpu'), undefined);
    assert.equal(at(cpu, 'tolerations'), undefined);
  });

  test('take other kinds of GPUs and a runtime class', async () => {
    const objects = await render(shapes['every switch']!);
    const pod = at(named(objects, 'Deployment', 'al-trainer-gpu-a100'), 'spec', 'template', 'spec');
    assert.equal(at(pod, 'containers', 0, 'resources', 'limits', 'nvidia.com/mig-1g.10gb'), 2);
    assert.equal(at(pod, 'runtimeClassName'), 'nvidia');
    const labels = named(objects, 'Deployment', 'al-trainer-gpu-a100').metadata.labels;
    assert.equal(labels?.['kueue.x-k8s.io/queue-name'], 'research');
    const components = ofKind(objects, 'Deployment').filter(({ metadata }) => !metadata.labels?.[pool]);
    for (const { metadata } of components)
      assert.equal(metadata.labels?.['kueue.x-k8s.io/queue-name'], undefined);
  });

  test('on spot nodes end within half a minute and keep no node', async () => {
    const objects = await render(gke);
    const spot = named(objects, 'Deployment', 'alarena-trainer-gpu-l4-spot');
    const steady = named(objects, 'Deployment', 'alarena-trainer-gpu-a100');
    const grace = (object: unknown): unknown =>
      at(object, 'spec', 'template', 'spec', 'terminationGracePeriodSeconds');
    assert.deepEqual([grace(spot), grace(steady)], [30, 140]);
    const limit = (object: unknown): unknown =>
      environment(at(object, 'spec', 'template')).ALARENA_TRAINER_SHUTDOWN_LIMIT_MS;
    assert.deepEqual([limit(spot), limit(steady)], ['10000', '120000']);
    const evict = 'cluster-autoscaler.kubernetes.io/safe-to-evict';
    const annotation = (object: unknown): unknown =>
      at(object, 'spec', 'template', 'metadata', 'annotations', evict);
    assert.deepEqual([annotation(spot), annotation(steady)], [undefined, 'false']);
  });

  test('tell workers their pool, slots and threads, and who they are', async () => {
    const objects = await render(gke);
    const pod = at(named(objects, 'Deployment', 'alarena-trainer-gpu-a100'), 'spec', 'template');
    const variables = environment(pod);
    assert.equal(variables.ALARENA_TRAINER_POOL, 'gpu-a100');
    assert.equal(variables.ALARENA_TRAINER_SLOTS, '1');
    assert.equal(variables.ALARENA_TRAINER_THREADS, '1');
    assert.equal(variables.ALARENA_TRAINER_CACHE_BYTES, String(20 * 2 ** 30));
    assert.equal(variables.ALARENA_WORKER_ID, '$(POD_NAME)');
    assert.equal(variables.ALARENA_TRAINER_HOST, '127.0.0.1');
  });
});
