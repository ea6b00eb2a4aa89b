// Who may talk to whom.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  at,
  environment,
  type KubernetesObject,
  list,
  named,
  ofKind,
  pods,
  render,
  shapes,
} from './chart.js';

interface Peer {
  readonly from: string;
  readonly port: unknown;
}

/** Peers of a policy's rules, as text. */
function peers(policy: KubernetesObject, direction: 'ingress' | 'egress'): Peer[] {
  return list(at(policy, 'spec', direction)).flatMap((rule) =>
    list(at(rule, direction === 'ingress' ? 'from' : 'to')).flatMap((peer) =>
      list(at(rule, 'ports')).map((port) => ({ from: JSON.stringify(peer), port: at(port, 'port') })),
    ),
  );
}

describe('network policies', async () => {
  const dev = await render(shapes.dev!);
  const policy = (name: string): KubernetesObject => named(dev, 'NetworkPolicy', name);

  test('deny everything in the namespace that no other policy lets through', () => {
    const { podSelector, policyTypes } = at(policy('alarena-default-deny'), 'spec') as Record<
      string,
      unknown
    >;
    assert.deepEqual([podSelector, policyTypes], [{}, ['Ingress', 'Egress']]);
    assert.deepEqual(peers(policy('alarena-default-deny'), 'ingress'), []);
    assert.deepEqual(peers(policy('alarena-default-deny'), 'egress'), []);
  });

  test('name every peer and every port', async () => {
    for (const shape of Object.values(shapes)) {
      for (const one of ofKind(await render(shape), 'NetworkPolicy')) {
        for (const direction of ['ingress', 'egress'] as const) {
          for (const rule of list(at(one, 'spec', direction))) {
            const named = list(at(rule, direction === 'ingress' ? 'from' : 'to'));
            assert.ok(named.length > 0, `${one.metadata.name} names the peers of ${JSON.stringify(rule)}`);
            assert.ok(list(at(rule, 'ports')).length > 0, one.metadata.name);
            for (const peer of named) assert.notDeepEqual(peer, {});
          }
        }
      }
    }
  });

  test('let the orchestrator alone call the data set store and the strategies', () => {
    for (const name of ['alarena-dataset-store', 'alarena-strategy']) {
      const [caller, ...others] = peers(policy(name), 'ingress');
      assert.match(caller!.from, /"app\.kubernetes\.io\/component":"orchestrator"/);
      assert.deepEqual([caller!.port, others], ['grpc', []]);
    }
  });

  test('let clients by their label call the orchestrator, and nothing else', () => {
    assert.deepEqual(peers(policy('alarena-orchestrator'), 'ingress'), [
      { from: '{"podSelector":{"matchLabels":{"alarena.dev/client":"true"}}}', port: 'grpc' },
    ]);
    const [test] = pods(dev).filter(({ name }) => name.startsWith('Pod '));
    assert.equal(at(test!.pod, 'metadata', 'labels', 'alarena.dev/client'), 'true');
  });

  test('let nobody call a worker, but for its metrics', () => {
    const inward = ofKind(dev, 'NetworkPolicy').filter((one) => {
      const labels = at(one, 'spec', 'podSelector', 'matchLabels');
      const component = at(labels, 'app.kubernetes.io/component');
      return component === 'trainer' || component === 'inference';
    });
    assert.deepEqual(inward, []);
    assert.deepEqual(
      peers(policy('alarena-common'), 'ingress').map(({ port }) => port),
      ['ops'],
    );
  });

  test('let KEDA read the lag where it scales', async () => {
    const set = ['scaler.kind=keda', 'pools.cpu.numerics=cpu'];
    const objects = await render({ values: ['values-dev.yaml'], set });
    const monitoring = peers(named(objects, 'NetworkPolicy', 'alarena-nats'), 'ingress').filter(
      ({ port }) => port === 8222,
    );
    assert.match(monitoring[0]!.from, /keda/);
    assert.ok(!peers(policy('alarena-nats'), 'ingress').some(({ port }) => port === 8222));
  });

  test('follow external servers by address and port', async () => {
    const objects = await render(shapes['KEDA, everything external']!);
    const outward = peers(named(objects, 'NetworkPolicy', 'alarena-common'), 'egress').map(
      ({ from, port }) => `${at(JSON.parse(from), 'ipBlock', 'cidr')} ${port}`,
    );
    for (const peer of ['10.1.0.0/24 4222', '10.1.0.0/24 4333', '10.2.0.0/24 9443']) {
      assert.ok(outward.includes(peer), `${peer} is among ${outward}`);
    }
  });

  test('let the token issuer be asked by those who check tokens', async () => {
    const objects = await render(shapes['KEDA, everything external']!);
    for (const name of ['alarena-orchestrator', 'alarena-dataset-store', 'alarena-strategy']) {
      assert.ok(peers(named(objects, 'NetworkPolicy', name), 'egress').some(({ port }) => port === 443));
    }
  });
});

describe('connections', () => {
  test('of the orchestrator go to services that exist', async () => {
    for (const shape of Object.values(shapes)) {
      const objects = await render(shape);
      const orchestrator = pods(objects).find(({ name }) => name.endsWith('-orchestrator'));
      const { ALARENA_ORCHESTRATOR_DATASET_STORE, ALARENA_ORCHESTRATOR_STRATEGY } = environment(
        orchestrator?.pod,
      );
      for (const address of [ALARENA_ORCHESTRATOR_DATASET_STORE, ALARENA_ORCHESTRATOR_STRATEGY]) {
        const [name = '', port] = address!.split(':');
        assert.equal(String(at(named(objects, 'Service', name), 'spec', 'ports', 0, 'port')), port);
      }
    }
  });

  test('to the included servers are encrypted where they have a certificate', async () => {
    const [first] = pods(await render(shapes['every switch']!));
    const secured = environment(first!.pod);
    assert.equal(secured.ALARENA_NATS_URL, 'tls://alarena-nats:4222');
    assert.equal(secured.ALARENA_S3_ENDPOINT, 'https://alarena-minio:9000');
    assert.equal(secured.ALARENA_NATS_CA_FILE, '/etc/alarena/nats-ca/ca.crt');
    assert.equal(secured.ALARENA_NATS_REPLICAS, '3');
    const plain = environment(pods(await render(shapes.dev!))[0]!.pod);
    assert.equal(plain.ALARENA_NATS_URL, 'nats://alarena-nats:4222');
  });
});
