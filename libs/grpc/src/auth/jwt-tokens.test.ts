import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { UnsecuredJWT } from 'jose';
import {
  AUDIENCE,
  type GuardedServer,
  ISSUER,
  makeSigner,
  makeToken,
  replaceFile,
  type Signer,
  serveGuarded,
  sha256,
  signed,
  temporaryFolder,
} from './fixture.js';

const oidc = { issuer: ISSUER, audience: AUDIENCE };

interface Guarded extends GuardedServer {
  readonly file: string;
  readonly signer: Signer;
}

async function guarded(t: TestContext, roleClaim?: string): Promise<Guarded> {
  const file = join(await temporaryFolder(t), 'jwks.json');
  const signer = await makeSigner('k1');
  await replaceFile(file, JSON.stringify(signer.jwks));
  return { ...(await serveGuarded(t, { ...oidc, jwks: file, roleClaim })), file, signer };
}

/** A key set over HTTP on loopback; `asked` counts the fetches. */
async function publish(
  t: TestContext,
  jwks: object,
): Promise<{ url: string; set(jwks: object | undefined): void; asked(): number }> {
  let current: object | undefined = jwks;
  let asked = 0;
  const server = createServer((_, response) => {
    asked += 1;
    response.statusCode = current === undefined ? 500 : 200;
    response.end(JSON.stringify(current ?? {}));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => void server.close().closeAllConnections());
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`,
    set: (next) => {
      current = next;
    },
    asked: () => asked,
  };
}

describe('JWTs', () => {
  test('give name and role; of a list of roles the highest', async (t) => {
    const { as, signer } = await guarded(t);
    const viewer = await signer.sign();
    assert.equal(await as(() => viewer).read(), 'ann/viewer');
    await assert.rejects(as(() => viewer).submit(), { code: 'permission-denied', reason: 'ROLE_TOO_LOW' });
    const many = await signer.sign({ alarena_role: ['staff', 'submitter', 'viewer', 7] });
    assert.equal(await as(() => many).submit(), 'ann/submitter');
    const audiences = await signer.sign({ aud: ['other', AUDIENCE] });
    assert.equal(await as(() => audiences).read(), 'ann/viewer');
  });

  test('take the role from the claim that is set', async (t) => {
    const { as, signer } = await guarded(t, 'https://example.org/roles');
    const token = await signer.sign({ 'https://example.org/roles': ['admin'] });
    assert.equal(await as(() => token).submit(), 'ann/admin');
  });

  test('that are not good are refused with the reason, and none is in log or error', async (t) => {
    const { as, signer, lines } = await guarded(t);
    const stranger = await makeSigner('k1');
    const unknown = await makeSigner('k2');
    const now = Math.floor(Date.now() / 1000);
    const refused: readonly (readonly [token: string, reason: string])[] = [
      [await signer.sign({ exp: now - 60 }), 'TOKEN_EXPIRED'],
      [await signer.sign({ exp: undefined }), 'TOKEN_INVALID'],
      [await signer.sign({ sub: undefined }), 'TOKEN_INVALID'],
      [await signer.sign({ nbf: now + 600 }), 'TOKEN_NOT_YET_VALID'],
      [await signer.sign({ iss: 'https://evil.example' }), 'TOKEN_ISSUER'],
      [await signer.sign({ aud: 'another-service' }), 'TOKEN_AUDIENCE'],
      [await stranger.sign(), 'TOKEN_INVALID'],
      [await unknown.sign(), 'TOKEN_INVALID'],
      [await signed({ alg: 'HS256' }, Buffer.from(JSON.stringify(signer.jwks.keys[0]))), 'TOKEN_ALGORITHM'],
      [new UnsecuredJWT({ sub: 'ann', alarena_role: 'admin' }).encode(), 'TOKEN_ALGORITHM'],
      ['a.b.c', 'TOKEN_INVALID'],
      [makeToken(), 'TOKEN_UNKNOWN'],
    ];
    for (const [token, reason] of refused) {
      await assert.rejects(as(() => token).read(), (thrown) => {
        const { code, reason: got } = Object(thrown);
        assert.deepEqual([code, got], ['unauthenticated', reason]);
        assert.ok(token.length < 10 || !JSON.stringify([thrown, String(thrown)]).includes(token));
        return true;
      });
    }
    const logged = lines.filter(({ msg }) => msg === 'caller refused').map(({ reason }) => reason);
    assert.deepEqual(
      logged,
      refused.map(([, reason]) => reason),
    );
    const log = JSON.stringify(lines);
    for (const [token] of refused.filter(([token]) => token.length > 10)) {
      // Header and payload could be read by anybody; the signature is what must not get out.
      assert.ok(!log.includes(token.split('.').at(-1) || token));
    }
  });

  test('of clocks that differ a little are good', async (t) => {
    const { as, signer } = await guarded(t);
    const now = Math.floor(Date.now() / 1000);
    const ahead = await signer.sign({ nbf: now + 10, iat: now + 10 });
    assert.equal(await as(() => ahead).read(), 'ann/viewer');
  });

  test('without a role are told so', async (t) => {
    const { as, signer } = await guarded(t);
    for (const alarena_role of [undefined, 'root', { admin: true }]) {
      const token = await signer.sign({ alarena_role });
      await assert.rejects(as(() => token).read(), { code: 'permission-denied', reason: 'ROLE_MISSING' });
    }
  });

  test('go on after the keys in the file were replaced', async (t) => {
    const { as, file, signer } = await guarded(t);
    const old = await signer.sign();
    assert.equal(await as(() => old).read(), 'ann/viewer');
    const next = await makeSigner('k2', 'RS256');
    await replaceFile(file, JSON.stringify(next.jwks));
    const token = await next.sign();
    assert.equal(await as(() => token).read(), 'ann/viewer');
    await assert.rejects(as(() => old).read(), { reason: 'TOKEN_INVALID' });
  });

  test('go on after the issuer has changed its published keys, which are fetched only when needed', async (t) => {
    const first = await makeSigner('k1');
    const published = await publish(t, first.jwks);
    const { as } = await serveGuarded(t, { ...oidc, jwks: published.url });
    const old = await first.sign();
    for (let i = 0; i < 3; i++) assert.equal(await as(() => old).read(), 'ann/viewer');
    assert.equal(published.asked(), 1);
    const second = await makeSigner('k2', 'EdDSA');
    published.set(second.jwks);
    const token = await second.sign();
    assert.equal(await as(() => token).read(), 'ann/viewer');
    assert.equal(published.asked(), 2);
  });

  test('wait for an issuer whose keys cannot be had', async (t) => {
    const signer = await makeSigner('k1');
    const published = await publish(t, signer.jwks);
    published.set(undefined);
    const { as, lines } = await serveGuarded(t, { ...oidc, jwks: published.url });
    const token = await signer.sign();
    const away = { code: 'unavailable', reason: 'KEYS_UNAVAILABLE', retryable: true };
    await assert.rejects(as(() => token).read(), away);
    assert.match(JSON.stringify(lines), /Expected 200 OK/);
    published.set(signer.jwks);
    assert.equal(await as(() => token).read(), 'ann/viewer');
  });

  test('may be used beside static tokens', async (t) => {
    const folder = await temporaryFolder(t);
    const [tokensFile, jwks] = [join(folder, 'tokens.json'), join(folder, 'jwks.json')];
    const [signer, fixed] = [await makeSigner('k1'), makeToken()];
    await replaceFile(jwks, JSON.stringify(signer.jwks));
    await replaceFile(tokensFile, JSON.stringify([{ name: 'ci', role: 'submitter', sha256: sha256(fixed) }]));
    const { as } = await serveGuarded(t, { ...oidc, jwks, tokensFile });
    const token = await signer.sign();
    assert.equal(await as(() => token).read(), 'ann/viewer');
    assert.equal(await as(() => fixed).submit(), 'ci/submitter');
  });

  test('need issuer, audience and keys, and keys over https', async (t) => {
    const jwks = 'https://accounts.example/keys';
    await assert.rejects(
      serveGuarded(t, { jwks }),
      /ALARENA_AUTH_ISSUER: must.*\n.*ALARENA_AUTH_AUDIENCE: must/,
    );
    await assert.rejects(
      serveGuarded(t, { ...oidc, jwks: 'http://accounts.example/keys' }),
      /must be an https URL/,
    );
    const file = join(await temporaryFolder(t), 'jwks.json');
    await replaceFile(file, '[]');
    await assert.rejects(serveGuarded(t, { ...oidc, jwks: file }), /is not a JSON Web Key Set/);
  });
});
