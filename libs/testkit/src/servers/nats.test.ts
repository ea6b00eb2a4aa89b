import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
import { describe, test } from 'node:test';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { waitFor } from '../waiting.js';
import { startNats } from './nats.js';

describe('a NATS server for tests', () => {
  test('carries messages, and keeps streams over a kill and a restart on the same port', async (t) => {
    const server = await startNats({ monitorPort: true });
    t.after(() => server.stop());
    const before = await connect({ servers: server.url, reconnect: false });
    const manager = await jetstreamManager(before);
    await manager.streams.add({ name: 'kept', subjects: ['kept.>'] });
    await jetstream(before).publish('kept.one', 'hello');
    const closed = before.closed();
    await server.kill();
    await closed;
    await server.restart();
    const after = await connect({ servers: server.url });
    t.after(() => after.close());
    const message = await (await jetstreamManager(after)).streams.getMessage('kept', { seq: 1 });
    assert.equal(message?.string(), 'hello');
    const health = await fetch(`${server.monitorUrl}/healthz`);
    assert.equal(health.status, 200);
  });

  test('lets users in by password and holds them to their subjects', async (t) => {
    const server = await startNats({
      jetstream: false,
      users: [{ user: 'ann', password: 'secret', permissions: { publish: ['allowed.>'] } }],
    });
    t.after(() => server.stop());
    await assert.rejects(connect({ servers: server.url, user: 'ann', pass: 'wrong' }), /Authorization/);
    const connection = await connect({ servers: server.url, user: 'ann', pass: 'secret' });
    t.after(() => connection.close());
    const refused = (async () => {
      for await (const status of connection.status())
        if (status.type === 'error') return String(status.error);
      return 'nothing';
    })();
    connection.publish('forbidden');
    assert.match(await refused, /Permissions Violation/);
  });

  test('says why it did not start', async () => {
    await assert.rejects(startNats({ tls: { cert: '', key: '' } }), /nats did not start[\s\S]*X509/);
  });

  test('ends with the process that started it, even if that is killed', async (t) => {
    const source = `import { startNats } from ${JSON.stringify(new URL('nats.js', import.meta.url).href)};
      process.stdout.write(String((await startNats()).port));
      setInterval(() => {}, 1000);`;
    const owner = spawn(process.execPath, ['--input-type=module', '-e', source], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.after(() => owner.kill('SIGKILL'));
    const [output] = await once(owner.stdout, 'data');
    const port = Number(String(output));
    assert.equal(await accepts(port), true);
    owner.kill('SIGKILL');
    await waitFor('the server to end', async () => !(await accepts(port)));
  });
});

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectSocket(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
