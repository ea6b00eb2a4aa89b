import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { ChannelCredentials, Client, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { service as healthService } from 'grpc-health-check';
import {
  type GuardedServer,
  makeToken,
  replaceFile,
  serveGuarded,
  sha256,
  temporaryFolder,
} from './fixture.js';

interface Guarded extends GuardedServer {
  readonly file: string;
  readonly token: string;
}

async function guarded(t: TestContext, entry: object = {}, reflection = false): Promise<Guarded> {
  const file = join(await temporaryFolder(t), 'tokens.json');
  const token = makeToken();
  await replaceFile(file, list({ name: 'vera', role: 'viewer', sha256: sha256(token), ...entry }));
  return { ...(await serveGuarded(t, { tokensFile: file }, reflection)), file, token };
}

function list(...entries: readonly object[]): string {
  return JSON.stringify(entries);
}

describe('static tokens', () => {
  test('name the caller and their role; a viewer may read and not submit', async (t) => {
    const { as, token, lines } = await guarded(t);
    assert.equal(await as(() => token).read(), 'vera/viewer');
    await assert.rejects(as(async () => token).submit(), {
      code: 'permission-denied',
      reason: 'ROLE_TOO_LOW',
      message: 'Select needs the role submitter; vera has the role viewer',
      facts: { name: 'vera', role: 'viewer', needed: 'submitter' },
    });
    const refused = lines.find(({ msg }) => msg === 'caller refused');
    assert.match(String(refused?.peer), /^127\.0\.0\.1:\d+$/);
    assert.equal(refused?.method, 'alarena.strategy.v1.StrategyService/Select');
    assert.equal(refused?.reason, 'ROLE_TOO_LOW');
    assert.match(JSON.stringify(refused), /vera/);
    assert.ok(!JSON.stringify(lines).includes(token));
  });

  test('of an admin open everything below', async (t) => {
    const { as, token } = await guarded(t, { name: 'ada', role: 'admin' });
    assert.equal(await as(() => token).submit(), 'ada/admin');
  });

  test('that are missing, unknown or no tokens are refused, and no log or error holds them', async (t) => {
    const { as, address, lines } = await guarded(t);
    await assert.rejects(as().read(), { code: 'unauthenticated', reason: 'TOKEN_MISSING' });
    const wrong = makeToken();
    await assert.rejects(as(() => wrong).read(), (thrown) => {
      assert.ok(!JSON.stringify([thrown, String(thrown)]).includes(wrong));
      return Reflect.get(Object(thrown), 'reason') === 'TOKEN_UNKNOWN';
    });
    const client = new Client(address, ChannelCredentials.createInsecure());
    t.after(() => client.close());
    for (const header of [
      wrong,
      `Basic ${wrong}`,
      `Bearer ${wrong} ${wrong}`,
      'Bearer',
      `Bearer "${wrong}"`,
    ]) {
      assert.equal(await rawRead(client, header), status.UNAUTHENTICATED, header);
    }
    const reasons = lines.filter(({ msg }) => msg === 'caller refused').map(({ reason }) => reason);
    assert.deepEqual(reasons, ['TOKEN_MISSING', 'TOKEN_UNKNOWN', ...Array(5).fill('TOKEN_MALFORMED')]);
    assert.ok(!JSON.stringify(lines).includes(wrong));
  });

  test('end at their time', async (t) => {
    const { as, token, lines } = await guarded(t, { expiresAt: '2020-01-31T00:00:00Z' });
    const expired = { code: 'unauthenticated', reason: 'TOKEN_EXPIRED', facts: { name: 'vera' } };
    await assert.rejects(as(() => token).read(), expired);
    assert.match(JSON.stringify(lines), /TOKEN_EXPIRED/);
    assert.ok(!JSON.stringify(lines).includes(token));
  });

  test('are those of the newest list: a token taken out is refused with the next call', async (t) => {
    const { as, file, token, lines } = await guarded(t);
    const old = as(() => token);
    assert.equal(await old.read(), 'vera/viewer');
    const next = makeToken();
    await replaceFile(file, list({ name: 'sam', role: 'submitter', sha256: sha256(next) }));
    await assert.rejects(old.read(), { reason: 'TOKEN_UNKNOWN' });
    assert.equal(await as(() => next).submit(), 'sam/submitter');

    // A list that cannot be used is an error of whoever writes it: those who work are not locked out.
    await replaceFile(file, '{');
    assert.equal(await as(() => next).submit(), 'sam/submitter');
    await rm(file);
    assert.equal(await as(() => next).submit(), 'sam/submitter');
    const failures = lines.filter(({ msg }) => String(msg).startsWith('the new token list cannot be used'));
    assert.equal(failures.length, 2, 'one line for each change, not for each call');
  });

  test('leave health open', async (t) => {
    const { address } = await guarded(t);
    const client = new Client(address, ChannelCredentials.createInsecure());
    t.after(() => client.close());
    const check = healthService.Check;
    assert.ok(check !== undefined);
    const answer = await new Promise((resolve) =>
      client.makeUnaryRequest(
        check.path,
        check.requestSerialize,
        check.responseDeserialize,
        { service: '' },
        (error: ServiceError | null, response) => resolve(error ?? response),
      ),
    );
    assert.deepEqual(answer, { status: 'SERVING' });
  });

  test('are asked for by reflection', async (t) => {
    const { address, token } = await guarded(t, {}, true);
    const client = new Client(address, ChannelCredentials.createInsecure());
    t.after(() => client.close());
    const ask = (metadata: Metadata): Promise<number> =>
      new Promise((resolve) => {
        const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
        const call = client.makeBidiStreamRequest(path, Buffer.from, (bytes) => bytes, metadata);
        call.on('error', () => {});
        call.on('status', ({ code }) => resolve(code));
        call.resume();
        call.end();
      });
    assert.equal(await ask(new Metadata()), status.UNAUTHENTICATED);
    const known = new Metadata();
    known.set('authorization', `Bearer ${token}`);
    assert.equal(await ask(known), status.OK);
  });

  test('in a list with faults are all refused, each fault by name and none with a digest', async (t) => {
    const file = join(await temporaryFolder(t), 'tokens.json');
    await assert.rejects(serveGuarded(t, { tokensFile: file }), {
      code: 'failed-precondition',
      message: `cannot read ${file}: there is no such file`,
    });
    const digest = sha256('secret');
    await replaceFile(
      file,
      list(
        { name: '', role: 'root', sha256: 'secret', expiresAt: 'tomorrow', token: 'secret' },
        { name: 'a', role: 'admin', sha256: digest },
      ),
    );
    await assert.rejects(serveGuarded(t, { tokensFile: file }), (thrown: Error) => {
      for (const field of ['name', 'role', 'sha256', 'expiresAt', 'token'])
        assert.match(thrown.message, new RegExp(`\\[0\\]\\.${field}: `));
      assert.doesNotMatch(thrown.message, /secret/);
      return true;
    });
    const twice = { name: 'a', role: 'admin', sha256: digest };
    await replaceFile(file, list(twice, { ...twice, name: 'b' }));
    await assert.rejects(serveGuarded(t, { tokensFile: file }), /\[1\]\.sha256: is that of another token/);
    await replaceFile(file, digest);
    await assert.rejects(serveGuarded(t, { tokensFile: file }), /is not JSON$/);
  });
});

function rawRead(client: Client, authorization: string): Promise<number | undefined> {
  const metadata = new Metadata();
  metadata.set('authorization', authorization);
  return new Promise((resolve) =>
    client.makeUnaryRequest(
      '/alarena.strategy.v1.StrategyService/ListStrategies',
      () => Buffer.alloc(0),
      (bytes) => bytes,
      {},
      metadata,
      (error) => resolve(error?.code),
    ),
  );
}
