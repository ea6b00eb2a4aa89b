import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { connectNats, JetStreamBus, type NatsSettings } from '@alarena/bus';
import { expectAppError } from './expect-app-error.js';
import { freePort } from './free-port.js';
import { makeCertificates } from './servers/certificates.js';
import { type NatsOptions, startNats } from './servers/nats.js';
import { temporaryFolder } from './temporary-folder.js';

async function serve(t: TestContext, options: NatsOptions): Promise<string> {
  const server = await startNats(options);
  t.after(() => server.stop());
  return server.url;
}

async function connects(settings: NatsSettings): Promise<void> {
  const bus = await JetStreamBus.open(await connectNats(settings));
  assert.equal(bus.status(), 'connected');
  await bus.close();
}

describe('a connection to NATS', () => {
  test('speaks TLS, shows a client certificate, and takes only a server it can trust', async (t) => {
    const folder = await temporaryFolder(t);
    const certificates = await makeCertificates();
    const mine = await certificates.write(join(folder, 'mine'));
    const stranger = await certificates.stranger.write(join(folder, 'stranger'));
    const { cert, key } = certificates.server;
    const url = await serve(t, { tls: { cert, key, ca: certificates.ca, verify: true } });
    const client = { certFile: mine.clientCertFile, keyFile: mine.clientKeyFile };
    await connects({ servers: [url], tls: { caFile: mine.caFile, ...client } });
    for (const tls of [{ caFile: stranger.caFile, ...client }, client]) {
      const error = await expectAppError('failed-precondition', () => connectNats({ servers: [url], tls }));
      assert.equal(error.reason, 'NATS_TLS', error.message);
    }
    const others = { certFile: stranger.clientCertFile, keyFile: stranger.clientKeyFile };
    for (const tls of [{ caFile: mine.caFile }, { caFile: mine.caFile, ...others }]) {
      const settings = { servers: [url], tls, connectTimeoutMs: 500 };
      const error = await expectAppError('unavailable', () => connectNats(settings));
      assert.match(error.message, /client certificate/);
    }
  });

  test('refuses a server without TLS where it was asked for', async (t) => {
    const url = await serve(t, {});
    const error = await expectAppError('failed-precondition', () =>
      connectNats({ servers: [url.replace('nats:', 'tls:')] }),
    );
    assert.equal(error.reason, 'NATS_TLS');
  });

  test('logs in by password; a wrong one is refused and not shown', async (t) => {
    const url = await serve(t, { users: [{ user: 'ann', password: 'right-horse' }] });
    await connects({ servers: [url], user: 'ann', password: 'right-horse' });
    for (const login of [{ user: 'ann', password: 'wrong-horse' }, { token: 'wrong-horse' }, {}]) {
      const error = await expectAppError('unauthenticated', () => connectNats({ servers: [url], ...login }));
      assert.equal(error.reason, 'NATS_UNAUTHENTICATED');
      assert.doesNotMatch(JSON.stringify([error.message, error.facts, error.stack, error.cause]), /horse/);
    }
  });

  test('logs in by token', async (t) => {
    const url = await serve(t, { token: 'right-horse' });
    await connects({ servers: [url], token: 'right-horse' });
    await expectAppError('unauthenticated', () => connectNats({ servers: [url], token: 'wrong-horse' }));
  });

  test('says which server it cannot reach, and takes another one of the list', async (t) => {
    const nowhere = `nats://127.0.0.1:${await freePort()}`;
    const error = await expectAppError('unavailable', () => connectNats({ servers: [nowhere] }));
    assert.equal(error.reason, 'NATS_UNREACHABLE');
    assert.ok(error.message.includes(nowhere));
    await connects({ servers: [nowhere, await serve(t, {})] });
  });

  test('tells a user who may not do what is needed', async (t) => {
    const user = { user: 'ann', password: 'right-horse', permissions: { publish: ['event.>'] } };
    const url = await serve(t, { users: [user] });
    const link = await connectNats({ servers: [url], user: 'ann', password: 'right-horse' });
    const error = await expectAppError('permission-denied', () => JetStreamBus.open(link));
    assert.match(error.message, /publish(ion)? to .*JS\.API\.STREAM/);
  });

  test('refuses settings that contradict each other, and files that are not there', async (t) => {
    const servers = ['nats://localhost:4222'];
    const cases: [Partial<NatsSettings>, string][] = [
      [{ servers: [] }, 'servers'],
      [{ servers: ['localhost:4222'] }, 'servers'],
      [{ servers: ['http://localhost:4222'] }, 'servers'],
      [{ servers: ['nats://ann:right-horse@localhost:4222'] }, 'servers'],
      [{ user: 'ann' }, 'password'],
      [{ user: 'ann', password: 'right-horse', token: 't' }, 'user'],
      [{ tls: { certFile: 'c' } }, 'tls.certFile'],
    ];
    for (const [settings, field] of cases) {
      const error = await expectAppError('invalid-argument', () => connectNats({ servers, ...settings }));
      assert.deepEqual(
        error.violations.map((violation) => violation.field),
        [field],
      );
      assert.doesNotMatch(error.message, /horse/);
    }
    const missing = join(await temporaryFolder(t), 'missing');
    for (const settings of [{ credentialsFile: missing }, { tls: { caFile: missing } }]) {
      const error = await expectAppError('failed-precondition', () => connectNats({ servers, ...settings }));
      assert.equal(error.reason, 'NATS_FILE');
      assert.ok(error.message.includes(missing));
    }
    const bad = join(await temporaryFolder(t), 'bad.creds');
    await writeFile(bad, 'right-horse');
    const error = await expectAppError('failed-precondition', () =>
      connectNats({ servers, credentialsFile: bad }),
    );
    assert.doesNotMatch(error.message, /horse/);
  });
});
