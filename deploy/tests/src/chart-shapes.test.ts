// What holds for every supported shape of an installation.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  at,
  chartFolder,
  environment,
  helm,
  type KubernetesObject,
  list,
  named,
  ofKind,
  pods,
  render,
  renderingArgs,
  shapes,
} from './chart.js';

function containers(pod: unknown): readonly unknown[] {
  return [...list(at(pod, 'spec', 'initContainers')), ...list(at(pod, 'spec', 'containers'))];
}

for (const [name, shape] of Object.entries(shapes)) {
  describe(`the chart for ${name}`, async () => {
    let objects: readonly KubernetesObject[] = [];

    test('passes the strict lint', async () => {
      await helm(['lint', chartFolder, '--strict', '--quiet', ...renderingArgs(shape)]);
    });

    test('renders objects with a name of their own, at most 63 characters', async () => {
      objects = await render(shape);
      const names = objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
      assert.equal(new Set(names).size, names.length);
      for (const { metadata } of objects) assert.ok(metadata.name.length <= 63, metadata.name);
    });

    test('labels every object of its own with the recommended labels', () => {
      for (const { kind, metadata } of objects) {
        if (metadata.name.includes('extra-')) continue;
        for (const label of ['name', 'instance', 'version', 'managed-by', 'part-of']) {
          assert.ok(
            metadata.labels?.[`app.kubernetes.io/${label}`],
            `${kind} ${metadata.name} has app.kubernetes.io/${label}`,
          );
        }
      }
    });

    test('selects no pod by a version', () => {
      for (const object of [...ofKind(objects, 'Deployment'), ...ofKind(objects, 'StatefulSet')]) {
        const selector = at(object, 'spec', 'selector', 'matchLabels');
        assert.equal(at(selector, 'app.kubernetes.io/version'), undefined);
        const labels = at(object, 'spec', 'template', 'metadata', 'labels');
        for (const [key, value] of Object.entries(selector as object)) assert.equal(at(labels, key), value);
      }
    });

    test('runs everything without root, privileges or a root file system to write to', () => {
      for (const { name, pod } of pods(objects)) {
        const security = at(pod, 'spec', 'securityContext');
        assert.equal(at(security, 'runAsNonRoot'), true, name);
        assert.ok(Number(at(security, 'runAsUser')) > 0, name);
        assert.equal(at(security, 'seccompProfile', 'type'), 'RuntimeDefault', name);
        for (const container of containers(pod)) {
          assert.deepEqual(
            at(container, 'securityContext'),
            {
              allowPrivilegeEscalation: false,
              readOnlyRootFilesystem: true,
              capabilities: { drop: ['ALL'] },
            },
            name,
          );
          assert.ok(at(container, 'resources', 'requests', 'memory'), `${name} asks for memory`);
          assert.ok(at(container, 'resources', 'limits', 'memory'), `${name} has a limit of memory`);
        }
      }
    });

    test('gives a token of the Kubernetes API to the orchestrator alone, and nobody the links of services', () => {
      const withToken = pods(objects).filter(
        ({ pod }) => at(pod, 'spec', 'automountServiceAccountToken') !== false,
      );
      assert.deepEqual(
        withToken.map((one) => one.name),
        [`Deployment ${prefix(objects)}orchestrator`],
      );
      for (const { pod } of pods(objects)) assert.equal(at(pod, 'spec', 'enableServiceLinks'), false);
    });

    test('probes by HTTP and gives more time to end than the service takes', () => {
      for (const { name, own, pod } of pods(objects)) {
        if (!own || name.startsWith('Pod ')) continue;
        const [container] = list(at(pod, 'spec', 'containers'));
        assert.deepEqual(at(container, 'startupProbe', 'httpGet'), { path: '/livez', port: 'ops' }, name);
        assert.deepEqual(at(container, 'livenessProbe', 'httpGet'), { path: '/livez', port: 'ops' }, name);
        assert.deepEqual(at(container, 'readinessProbe', 'httpGet'), { path: '/readyz', port: 'ops' }, name);
        const limit = Object.entries(environment(pod)).find(([key]) => key.endsWith('_SHUTDOWN_LIMIT_MS'));
        const preStop = Number(at(container, 'lifecycle', 'preStop', 'sleep', 'seconds') ?? 0);
        // Alive answers at once, whatever the service waits for: a minute is ample.
        const startup = at(container, 'startupProbe');
        const startSeconds = Number(at(startup, 'periodSeconds')) * Number(at(startup, 'failureThreshold'));
        assert.ok(startSeconds >= 30 && startSeconds <= 120, name);
        // 15 s: what the services add for handing tasks back and closing connections.
        const needed = Number(limit?.[1]) / 1000 + preStop + 15;
        assert.ok(Number(at(pod, 'spec', 'terminationGracePeriodSeconds')) >= needed, name);
      }
    });

    test('has no secret of its own, and passes those that exist as files', () => {
      assert.deepEqual(ofKind(objects, 'Secret'), []);
      for (const { name, own, pod } of pods(objects)) {
        if (!own || name.startsWith('Pod ')) continue;
        for (const [variable, value] of Object.entries(environment(pod))) {
          if (!/PASSWORD|SECRET|ACCESS_KEY|TOKEN|CREDENTIALS/.test(variable)) continue;
          assert.match(variable, /_FILE$/, `${name}: ${variable}`);
          assert.match(value, /^\/etc\/alarena\//);
        }
        assert.match(String(at(pod, 'metadata', 'annotations', 'checksum/secrets')), /^[0-9a-f]{64}$/);
      }
    });

    test('mounts the folder of every file that a variable names', () => {
      for (const { name, own, pod } of pods(objects)) {
        if (!own) continue;
        const mounts = list(at(pod, 'spec', 'containers', 0, 'volumeMounts'));
        const volumes = list(at(pod, 'spec', 'volumes')).map((volume) => at(volume, 'name'));
        for (const mount of mounts) assert.ok(volumes.includes(at(mount, 'name')), name);
        for (const value of Object.values(environment(pod))) {
          if (!value.startsWith('/etc/alarena/')) continue;
          const mount = mounts.find((one) => value.startsWith(`${at(one, 'mountPath')}/`));
          assert.ok(mount, `${name} mounts the folder of ${value}`);
          const volume = list(at(pod, 'spec', 'volumes')).find(
            (one) => at(one, 'name') === at(mount, 'name'),
          );
          const paths = list(at(volume, 'secret', 'items')).map((item) => at(item, 'path'));
          assert.ok(paths.includes(value.split('/').at(-1)), `${name} has ${value}`);
        }
      }
    });

    test('has a budget for what has copies, and none for what has not', () => {
      const budgets = ofKind(objects, 'PodDisruptionBudget').map(({ metadata }) => metadata.name);
      for (const object of [...ofKind(objects, 'Deployment'), ...ofKind(objects, 'StatefulSet')]) {
        const replicas = at(object, 'spec', 'replicas');
        assert.equal(budgets.includes(object.metadata.name), Number(replicas) > 1, object.metadata.name);
      }
    });

    test('tests itself with one call through the front door', () => {
      const pod = named(objects, 'Pod', `${prefix(objects)}test-list`);
      assert.equal(pod.metadata.annotations?.['helm.sh/hook'], 'test');
      const args = list(at(pod, 'spec', 'containers', 0, 'args'));
      assert.deepEqual(args.slice(-2), ['--json', 'list']);
      assert.ok(args.includes(`--server=${prefix(objects)}orchestrator:50050`));
      assert.ok(args.includes('--token-file=/etc/alarena/token/token'));
    });
  });
}

/** What names begin with. */
function prefix(objects: readonly KubernetesObject[]): string {
  const orchestrator = ofKind(objects, 'Deployment').find(({ metadata }) =>
    metadata.name.endsWith('-orchestrator'),
  );
  return orchestrator?.metadata.name.replace(/orchestrator$/, '') ?? '';
}
