// The chart against a real API server: every object of every shape is accepted as it stands, also those of other
// projects' kinds; an installation comes up, is upgraded and goes.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { after, before, describe, type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import {
  ensureServer,
  type RunningKubernetes,
  type RunningServer,
  startKubernetes,
  startKwok,
  temporaryFolder,
} from '@alarena/testkit';
import {
  at,
  chartFolder,
  list,
  ofKind,
  render,
  renderingArgs,
  renderText,
  repository,
  shapes,
} from './chart.js';

const namespace = 'research';
const crds = `${repository}deploy/tests/testdata/crds`;

describe('the chart on a Kubernetes cluster', () => {
  let kubernetes: RunningKubernetes;
  let kwok: RunningServer;

  before(async () => {
    kubernetes = await startKubernetes();
    const gpu = { 'nvidia.com/gpu': '4' };
    kwok = await startKwok(kubernetes, {
      nodes: [{ name: 'cpu-node' }, { name: 'gpu-node', allocatable: gpu }],
    });
    await kubernetes.kubectl(['create', 'namespace', namespace]);
    const files = (await readdir(crds)).flatMap((file) => ['--filename', `${crds}/${file}`]);
    await kubernetes.kubectl(['apply', '--server-side', ...files]);
    await kubernetes.kubectl(['wait', '--for=condition=Established', '--timeout=120s', ...files]);
  });

  after(async () => {
    await kwok?.stop();
    await kubernetes?.stop();
  });

  for (const [name, shape] of Object.entries(shapes)) {
    test(`accepts every object for ${name}, with no field unknown`, async () => {
      const text = await renderText({ ...shape, release: 'trial' });
      const accepted = await kubernetes.kubectl(
        [
          'apply',
          '--dry-run=server',
          '--validate=strict',
          '--namespace',
          namespace,
          '--output=name',
          '--filename=-',
        ],
        text,
      );
      assert.equal(
        accepted.trim().split('\n').length,
        text.split('\n').filter((line) => /^kind: /.test(line)).length,
      );
    });
  }

  test('installs, keeps replicas and leader over an upgrade, and leaves only the volumes', async (t) => {
    await makeSecrets(t, kubernetes);
    await makeVolumes(kubernetes);
    const release = ['alarena', chartFolder, '--namespace', namespace, ...renderingArgs(shapes.dev!)];
    await kubernetes.helm(['install', ...release, '--wait', '--timeout', '120s']);
    assert.equal(await replicas('alarena-trainer-cpu'), '1');
    await kubernetes.kubectl(['scale', ...own, 'deployment/alarena-trainer-cpu', '--replicas=2']);
    await kubernetes.kubectl(['scale', ...own, 'deployment/alarena-inference-cpu', '--replicas=0']);
    const holder = { spec: { holderIdentity: 'one', leaseDurationSeconds: 10 } };
    const patch = ['lease', 'alarena-orchestrator', '--patch', JSON.stringify(holder)];
    await kubernetes.kubectl(['patch', ...own, ...patch, '--type=merge']);
    const before = await podTemplate();
    await makeSecrets(t, kubernetes);
    await kubernetes.helm([
      'upgrade',
      ...release,
      '--set',
      'defaults.logLevel=debug',
      '--wait',
      '--timeout',
      '120s',
    ]);
    assert.equal(await replicas('alarena-trainer-cpu'), '2');
    assert.equal(await replicas('alarena-inference-cpu'), '0');
    assert.equal(await leader(), 'one');
    assert.notEqual(await podTemplate(), before, 'pods roll with a new secret');
    await kubernetes.helm([
      'rollback',
      'alarena',
      '1',
      '--namespace',
      namespace,
      '--wait',
      '--timeout',
      '120s',
    ]);
    assert.equal(await replicas('alarena-trainer-cpu'), '2');
    await kubernetes.helm(['uninstall', 'alarena', '--namespace', namespace, '--wait', '--timeout', '120s']);
    const kinds =
      'deployments,statefulsets,services,networkpolicies,roles,rolebindings,poddisruptionbudgets,leases';
    const instance = 'app.kubernetes.io/instance=alarena';
    assert.equal(await kubernetes.kubectl(['get', kinds, ...own, '-o', 'name']), '');
    const left = await kubernetes.kubectl([
      'get',
      'clusterroles,clusterrolebindings',
      '-l',
      instance,
      '-o',
      'name',
    ]);
    assert.equal(left, '');
    assert.deepEqual((await kubernetes.kubectl(['get', 'pvc', ...own, '-o', 'name'])).trim().split('\n'), [
      'persistentvolumeclaim/data-alarena-minio-0',
      'persistentvolumeclaim/data-alarena-nats-0',
    ]);
  });

  test('has secrets for a trial that fit each other and the chart', async (t) => {
    const folder = await makeSecrets(t, kubernetes);
    const certificate = new X509Certificate(await readFile(`${folder}/tls.crt`));
    const authority = new X509Certificate(await readFile(`${folder}/ca.crt`));
    assert.ok(certificate.verify(authority.publicKey));
    assert.ok(certificate.checkPrivateKey(createPrivateKey(await readFile(`${folder}/tls.key`))));
    const [request] = ofKind(
      await render({
        values: ['values-dev.yaml'],
        set: ['tls.existingSecret=', 'tls.certManager.issuerRef.name=x'],
      }),
      'Certificate',
    );
    for (const name of list(at(request, 'spec', 'dnsNames')).map(String)) {
      assert.ok(certificate.checkHost(name), `${name} is a name of the certificate`);
    }
    const tokens: unknown = JSON.parse(await readFile(`${folder}/tokens`, 'utf8'));
    for (const entry of list(tokens)) {
      const token = await readFile(`${folder}/${at(entry, 'role')}.token`, 'utf8');
      assert.equal(at(entry, 'sha256'), createHash('sha256').update(token).digest('hex'));
    }
    const stored = await kubernetes.kubectl([
      'get',
      'secret',
      ...own,
      'alarena-client',
      '-o',
      'jsonpath={.data.token}',
    ]);
    assert.equal(Buffer.from(stored, 'base64').toString(), await readFile(`${folder}/viewer.token`, 'utf8'));
  });

  const own = ['--namespace', namespace];

  function replicas(deployment: string): Promise<string> {
    return kubernetes.kubectl(['get', 'deployment', deployment, ...own, '-o', 'jsonpath={.spec.replicas}']);
  }

  function leader(): Promise<string> {
    const path = 'jsonpath={.spec.holderIdentity}';
    return kubernetes.kubectl(['get', 'lease', 'alarena-orchestrator', ...own, '-o', path]);
  }

  function podTemplate(): Promise<string> {
    const path = 'jsonpath={.spec.template.metadata.annotations.checksum/secrets}';
    return kubernetes.kubectl(['get', 'deployment', 'alarena-orchestrator', ...own, '-o', path]);
  }
});

/** Runs the script that README and docs/deploy.md name. Returns the folder of what is for the command line. */
async function makeSecrets(t: TestContext, kubernetes: RunningKubernetes): Promise<string> {
  const folder = await temporaryFolder(t);
  const program = await ensureServer('kubernetes');
  await writeFile(`${folder}/kubectl`, `#!/bin/sh\nexec "${program}" kubectl "$@"\n`, { mode: 0o755 });
  await promisify(execFile)(`${repository}deploy/dev-secrets.sh`, [namespace, `${folder}/secrets`], {
    env: { HOME: folder, PATH: `${folder}:${process.env.PATH}`, KUBECONFIG: kubernetes.kubeconfigPath },
  });
  return `${folder}/secrets`;
}

/** There is nothing here that would make volumes for claims. */
async function makeVolumes(kubernetes: RunningKubernetes): Promise<void> {
  const items = ['nats', 'minio'].map((name) => ({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: {
      capacity: { storage: '10Gi' },
      accessModes: ['ReadWriteOnce'],
      hostPath: { path: `/nowhere/${name}` },
      claimRef: { namespace, name: `data-alarena-${name}-0` },
    },
  }));
  await kubernetes.kubectl(
    ['create', '--filename=-'],
    JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
  );
}
