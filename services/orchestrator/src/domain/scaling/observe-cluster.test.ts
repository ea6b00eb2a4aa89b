import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { InProcessBus } from '@alarena/bus';
import { startMetrics } from '@alarena/telemetry';
import { captureLog } from '@alarena/testkit';
import { observeCluster } from './observe-cluster.js';
import type { Workload } from './workloads.js';

const workload: Workload = {
  ...{ deployment: 'trainer-gpu', component: 'trainer', pool: 'gpu', min: 0, max: 4, slots: 1, gpus: 1 },
  ...{ replicas: 3, ready: 2, rolling: false, trouble: undefined, pods: [] },
};

test('the leader tells pools and queues as metrics; who leads no more tells none of them', async (t) => {
  const metrics = await startMetrics({ service: 'test' });
  const bus = new InProcessBus();
  const server = createServer(metrics.handle).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    server.close();
    await metrics.shutdown();
    await bus.close();
  });
  let leads = true;
  observeCluster({
    ...{
      bus,
      workers: await bus.openBucket({ name: 'workers' }),
      pools: await bus.openBucket({ name: 'pools' }),
    },
    isLeader: () => leads,
    queues: () => (leads ? [{ queue: 'task.fit.gpu-1', ready: 5, published: 0, byComparison: [] }] : []),
    workloads: () => (leads ? [workload] : []),
    logger: captureLog().logger,
  });
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const lines = async (): Promise<string[]> => {
    const text = await (await fetch(`http://127.0.0.1:${address.port}/metrics`)).text();
    return text.split('\n').filter((line) => line.startsWith('alarena_'));
  };
  const leading = await lines();
  for (const line of [
    /^alarena_leader(\{.*\})? 1$/,
    /^alarena_pool_replicas\{.*pool="gpu",component="trainer",what="wanted".*\} 3$/,
    /^alarena_pool_replicas\{.*pool="gpu",component="trainer",what="ready".*\} 2$/,
    /^alarena_pool_replicas\{.*pool="gpu",component="trainer",what="max".*\} 4$/,
    /^alarena_queue_tasks\{.*queue="task.fit.gpu-1",state="ready".*\} 5$/,
    /^alarena_queue_tasks\{.*queue="task.fit.gpu-1",state="waiting".*\} 0$/,
    /^alarena_queue_tasks\{.*queue="task.select.any",state="in_work".*\} 0$/,
  ]) {
    assert.ok(
      leading.some((one) => line.test(one)),
      `${line} among\n${leading.join('\n')}`,
    );
  }
  leads = false;
  const standing = await lines();
  assert.equal(standing.length, leading.length);
  for (const line of standing) assert.match(line, / 0$/);
});
