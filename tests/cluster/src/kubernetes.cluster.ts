// The services as processes on a real API server, scheduler, NATS and MinIO, submitted to by the command line: two
// orchestrators with the chart's service account, of which one leads by the Lease and scales the chart's Deployments, and a
// real worker for every pod that the scheduler places. Only the kubelets are pretended.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { electionTimes } from '@alarena/service-orchestrator';
import { kubernetesWorkloads } from '@alarena/service-orchestrator/kubernetes';
import {
  makeBucket,
  openServiceHome,
  startKubernetes,
  startKwok,
  startMinio,
  startNats,
  waitFor,
} from '@alarena/testkit';
import { alarena, startInstallation } from './installation.js';
import { PodProcesses } from './pod-processes.js';
import { PoolChart } from './pool-chart.js';
import { roundsOf } from './rounds.js';
import { writeSmallSpec } from './small-spec.js';

const namespace = 'research';
const release = 'alarena';
const gpuNode = {
  labels: { accelerator: 'a100' },
  allocatable: { 'nvidia.com/gpu': '1' },
  taints: [{ key: 'nvidia.com/gpu', effect: 'NoSchedule' }],
} as const;
/** As the chart sets them, but for the time without work. */
const settings = {
  POD_NAMESPACE: namespace,
  ALARENA_ORCHESTRATOR_LEADERSHIP: 'lease',
  ALARENA_ORCHESTRATOR_SCALER: 'builtin',
  ALARENA_ORCHESTRATOR_RELEASE: release,
  ALARENA_ORCHESTRATOR_POOL: 'gpu',
  ALARENA_ORCHESTRATOR_IDLE_SECONDS: '4',
};
const limitMs = 120_000;

test('a comparison on pools that grow from none and shrink to none, over the loss of the leader', async (t) => {
  const home = await openServiceHome();
  t.after(() => home.close());
  const folder = home.folder;
  // Eight cells: more than one trainer is worth while from the first round on.
  const spec = await writeSmallSpec(folder, { strategies: 'random, margin', seeds: 4 });
  const local = await alarena(['compare', spec, '--json', '--out', join(folder, 'local')], {
    ALARENA_HOME: join(folder, 'embedded'),
  });
  assert.equal(local.status, 0, local.stderr);

  const kubernetes = await startKubernetes();
  t.after(() => kubernetes.stop());
  const gpuNodes = [1, 2, 3, 4].map((i) => ({ name: `gpu-${i}`, ...gpuNode }));
  const kwok = await startKwok(kubernetes, { nodes: [{ name: 'cpu-1' }, ...gpuNodes] });
  t.after(() => kwok.stop());
  const chart = await PoolChart.install({ home, kubernetes, namespace, release });
  const config = await chart.orchestratorsConfig();
  const kubeconfig = join(folder, 'orchestrator.kubeconfig');
  await writeFile(kubeconfig, config.exportConfig(), { mode: 0o600 });

  const [nats, s3] = [await startNats(), await startMinio()];
  t.after(() => Promise.all([nats.stop(), s3.stop()]).then(() => {}));
  await makeBucket(s3, 'alarena');
  const cluster = await startInstallation(t, {
    ...{ nats, s3, bucket: 'alarena', folder, trainers: 0, inference: false, orchestrators: 2 },
    logLevel: 'debug',
    envOf: (name): Record<string, string> =>
      name.startsWith('orchestrator') ? { ...settings, KUBECONFIG: kubeconfig } : {},
  });
  const workloads = kubernetesWorkloads({ config, namespace, release });
  const pods = new PodProcesses({ workloads, cluster, settings: { POOL: 'gpu', THREADS: '1', SLOTS: '1' } });
  t.after(() => pods.close());
  const empty = async (): Promise<boolean> =>
    pods.none &&
    (await workloads.list(AbortSignal.timeout(60_000))).every(
      ({ replicas, pods }) => replicas === 0 && pods.length === 0,
    );
  await waitFor('the pools to be empty', empty, limitMs);

  const leader = cluster.leader();
  const standby = cluster.all('orchestrator').find((one) => one !== leader) ?? assert.fail();
  pods.most.trainer = 0;
  const out = join(folder, 'remote');
  const comparing = cluster.alarena(
    ['compare', spec, '--json', '--out', out],
    cluster.addressOf(standby.name),
  );
  const ended = comparing.then(() => assert.fail('it ended before the leader was lost'));
  const begun = pods.fitsBegun;
  await Promise.race([waitFor('a fit to begin', () => pods.fitsBegun > begun, limitMs), ended]);
  await leader.kill();
  const killedMs = performance.now();
  await waitFor('the other to lead', () => cluster.leader() === standby, 60_000);
  const seconds = (performance.now() - killedMs) / 1_000;
  t.diagnostic(`the standby led ${seconds.toFixed(1)} s after the leader was killed`);
  // It has seen the last renewal one look later at the latest, and that the lease has run out at the look after that.
  // Only this is asked for; the rest is how busy the machine is.
  const longestLookMs = 1.25 * electionTimes.retryMs;
  const field = async (name: string): Promise<string> =>
    kubernetes.kubectl([
      ...['get', 'lease', 'alarena-orchestrator', '--namespace', namespace],
      ...['-o', `jsonpath={.spec.${name}}`],
    ]);
  const leaseMs = 1_000 * Number(await field('leaseDurationSeconds'));
  assert.ok(leaseMs >= electionTimes.leaseMs && leaseMs + 2 * longestLookMs < 15_000, `${leaseMs} ms`);
  ended.catch(() => {});

  const { status, stderr, stdout } = await comparing;
  assert.equal(status, 0, `${stderr}\n${stdout}`);
  assert.deepEqual(await roundsOf(out), await roundsOf(join(folder, 'local')));
  assert.ok(pods.most.trainer >= 2, `${pods.most.trainer} trainers at most`);
  assert.match(await field('holderIdentity'), new RegExp(`^${standby.name}_`));

  await waitFor('the pools to be empty again', empty, limitMs);
  t.diagnostic(`${pods.most.trainer} trainers at once; ${pods.ends.length} workers came and went`);
  assert.deepEqual(new Set(pods.ends), new Set([0]), 'every worker ended in order');
  for (const { name, log } of cluster.services.values()) {
    assert.doesNotMatch(log, /handed back|"msg":"task failed"|another result than the one that stands/, name);
  }
});
