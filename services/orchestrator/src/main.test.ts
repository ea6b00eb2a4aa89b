// Orchestrators as processes of their own, outside Kubernetes, on a real NATS server: what each tells of the whole.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { cluster } from '@alarena/api';
import { connectNats, JetStreamBus } from '@alarena/bus';
import { type ClientOf, createClient } from '@alarena/grpc';
import { requestDrain } from '@alarena/tasks';
import { freePort, type LogLine, startNats, temporaryFolder, waitFor } from '@alarena/testkit';

const entry = fileURLToPath(new URL('./main.js', import.meta.url));
const startMs = 60_000;
const call = { timeoutMs: 60_000 };

interface OrchestratorProcess {
  readonly client: ClientOf<typeof cluster.ClusterServiceService>;
  readonly lines: readonly LogLine[];
  /** Status of a probe; 0 where nobody answers yet. */
  probe(path: string): Promise<number>;
}

async function start(
  t: TestContext,
  settings: { readonly home: string; readonly nats: string },
): Promise<OrchestratorProcess> {
  const [port, opsPort] = [await freePort(), await freePort()];
  const child = spawn(process.execPath, ['--enable-source-maps', entry], {
    env: {
      ...{ PATH: process.env.PATH, ALARENA_HOME: settings.home, ALARENA_NATS_URL: settings.nats },
      ...{ ALARENA_ORCHESTRATOR_PORT: String(port), ALARENA_OPS_PORT: String(opsPort) },
      ...{ ALARENA_ORCHESTRATOR_DATASET_STORE: '127.0.0.1:1', ALARENA_ORCHESTRATOR_STRATEGY: '127.0.0.1:1' },
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const lines: LogLine[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => lines.push(JSON.parse(line)));
  const ended = once(child, 'exit');
  const client = createClient(cluster.ClusterServiceService, `127.0.0.1:${port}`);
  t.after(async () => {
    client.close();
    child.kill('SIGKILL');
    await ended;
  });
  const probe = (path: string): Promise<number> =>
    fetch(`http://127.0.0.1:${opsPort}${path}`).then(
      ({ status }) => status,
      () => 0,
    );
  return { client, lines, probe };
}

test('of two orchestrators both are ready and tell the same, and drains that a scaler has left are lifted', {
  timeout: 2 * startMs,
}, async (t) => {
  const nats = await startNats();
  t.after(() => nats.stop());
  const bus = await JetStreamBus.open(await connectNats({ servers: [nats.url] }));
  t.after(() => bus.close());
  const drains = await bus.openBucket({ name: 'drains' });
  await requestDrain(drains, 'trainer-1');

  const home = await temporaryFolder(t);
  const both = await Promise.all([start(t, { home, nats: nats.url }), start(t, { home, nats: nats.url })]);
  for (const { probe, lines } of both) {
    await waitFor('it to be ready', async () => (await probe('/readyz')) === 200 || undefined, startMs);
    // What gRPC's health service says, too.
    await waitFor('it to serve', () => lines.some(({ msg }) => msg === 'ready') || undefined);
  }
  const leading = (): number => both.filter(({ lines }) => lines.some(({ msg }) => msg === 'leading')).length;
  await waitFor('a leader', () => leading() > 0 || undefined, startMs);
  const told = await waitFor('the leader to tell', async () => {
    const states = await Promise.all(both.map(({ client }) => client.getCluster({}, call)));
    return states.every(({ pending }) => pending.every(({ name }) => name !== 'orchestrator'))
      ? states
      : undefined;
  });
  assert.notEqual(told[0]?.leader, '');
  assert.deepEqual(told[0], told[1]);
  assert.equal(leading(), 1);
  await waitFor('the drain to be lifted', async () => (await drains.keys('')).length === 0 || undefined);
});
