import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { temporaryFolder } from '../temporary-folder.js';
import { waitFor } from '../waiting.js';
import { type RunningKubernetes, startKubernetes } from './kubernetes.js';
import { startKwok } from './kwok.js';
import type { RunningServer } from './server-process.js';

describe('a Kubernetes cluster for tests', () => {
  let kubernetes: RunningKubernetes;
  let kwok: RunningServer;
  before(async () => {
    kubernetes = await startKubernetes();
    kwok = await startKwok(kubernetes, {
      nodes: [
        {
          name: 'gpu-node',
          labels: { accelerator: 'gpu' },
          allocatable: { 'nvidia.com/gpu': '2' },
          taints: [{ key: 'nvidia.com/gpu', effect: 'NoSchedule' }],
        },
        { name: 'cpu-node' },
      ],
    });
  });
  after(async () => {
    await kwok?.stop();
    await kubernetes?.stop();
  });

  test('places a pod on a free GPU and keeps waiting one that asks for more than is left', async () => {
    await kubernetes.kubectl(['create', '-f', '-'], JSON.stringify(gpuPod('fits', 2)));
    await kubernetes.kubectl(['wait', '--for=condition=Ready', '--timeout=120s', 'pod/fits']);
    assert.equal(await pod('fits', '{.spec.nodeName} {.status.phase}'), 'gpu-node Running');
    await kubernetes.kubectl(['create', '-f', '-'], JSON.stringify(gpuPod('too-many', 1)));
    const reason = await waitFor('the scheduler to refuse it', async () => {
      const message = await pod('too-many', '{.status.conditions[?(@.type=="PodScheduled")].message}');
      return message === '' ? undefined : message;
    });
    assert.match(reason, /Insufficient nvidia\.com\/gpu/);
    assert.equal(await pod('too-many', '{.status.phase}'), 'Pending');
    await kubernetes.kubectl(['delete', 'pod', 'fits', '--timeout=120s']);
    await kubernetes.kubectl(['wait', '--for=condition=Ready', '--timeout=120s', 'pod/too-many']);
  });

  test('installs a chart and waits for what it deploys', async (t) => {
    const chart = await writeChart(join(await temporaryFolder(t), 'tiny'));
    await kubernetes.helm(['install', 'tiny', chart, '--wait', '--timeout', '300s']);
    const ready = await kubernetes.kubectl([
      'get',
      'deployment/tiny',
      '-o',
      'jsonpath={.status.readyReplicas}',
    ]);
    assert.equal(ready, '2');
    await kubernetes.helm(['uninstall', 'tiny', '--wait']);
    assert.equal(await kubernetes.kubectl(['get', 'deployments', '-o', 'name']), '');
  });

  test('rejects a manifest with an unknown field', async () => {
    const manifest = gpuPod('misspelt', 1);
    const misspelt = JSON.stringify({ ...manifest, spec: { ...manifest.spec, contaners: [] } });
    await assert.rejects(
      kubernetes.kubectl(['apply', '--dry-run=server', '--validate=strict', '-f', '-'], misspelt),
      /unknown field "spec.contaners"/,
    );
  });

  async function pod(name: string, field: string): Promise<string> {
    return kubernetes.kubectl(['get', 'pod', name, '-o', `jsonpath=${field}`]);
  }
});

function gpuPod(name: string, gpus: number) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists' }],
      containers: [
        { name: 'work', image: 'none', resources: { limits: { 'nvidia.com/gpu': String(gpus) } } },
      ],
    },
  };
}

async function writeChart(folder: string): Promise<string> {
  await mkdir(join(folder, 'templates'), { recursive: true });
  await writeFile(join(folder, 'Chart.yaml'), 'apiVersion: v2\nname: tiny\nversion: 0.1.0\n');
  const labels = { app: 'tiny' };
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: '{{ .Release.Name }}' },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'none' }] } },
    },
  };
  await writeFile(join(folder, 'templates/deployment.yaml'), JSON.stringify(deployment));
  return folder;
}
