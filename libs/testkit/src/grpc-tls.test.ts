// Connections of libs/grpc with TLS: who comes through, and what the others are told. Here, since the certificates are
// made by testkit, which builds on grpc.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { channelCredentials, forward, type PemFiles } from '@alarena/grpc';
import {
  ask,
  clientTls,
  DEFINITION,
  files,
  type Running,
  serve,
  serverTls,
  tokensFile,
} from './grpc-tls.fixture.js';
import { waitFor } from './waiting.js';

describe('TLS', () => {
  test('carries calls and tokens to a server of the authority named', async (t) => {
    const own = await files(t);
    const { file, token } = await tokensFile(t);
    const { address, lines } = await serve(t, { tls: serverTls(own), auth: { tokensFile: file } });
    assert.equal(await ask(address, { caFile: own.caFile }, token), 'sam/admin');
    await assert.rejects(ask(address, { caFile: own.caFile }), { reason: 'TOKEN_MISSING' });
    assert.ok(!JSON.stringify(lines).includes(token));
  });

  test('that does not come about is explained', async (t) => {
    const own = await files(t);
    const secured = await serve(t, { tls: serverTls(own) });
    const misnamed = await serve(t, { tls: serverTls(own), host: '127.0.0.2' });
    const purpose = await serve(t, { tls: clientTls(own) });
    const plain = await serve(t, {});
    const stranger = await serve(t, { tls: serverTls(own.stranger) });
    const trusting = { caFile: own.caFile };
    const cases: readonly (readonly [string, PemFiles | undefined, string, RegExp])[] = [
      [
        secured.address,
        undefined,
        'SERVER_HUNG_UP',
        /if the server uses TLS, name its authority's certificate/,
      ],
      [plain.address, trusting, 'SERVER_WITHOUT_TLS', /the server does not use TLS/],
      [stranger.address, trusting, 'CERTIFICATE_UNTRUSTED', /of an authority not trusted here/],
      [secured.address, {}, 'CERTIFICATE_UNTRUSTED', /name that authority's certificate/],
      [misnamed.address, trusting, 'CERTIFICATE_NAME', /for other names/],
      [purpose.address, trusting, 'CERTIFICATE_PURPOSE', /not one for servers/],
    ];
    for (const [address, tls, reason, text] of cases) {
      await assert.rejects(ask(address, tls), (thrown: Error) => {
        assert.deepEqual(
          [Reflect.get(thrown, 'code'), Reflect.get(thrown, 'reason')],
          ['unavailable', reason],
        );
        assert.match(thrown.message, text);
        assert.ok(thrown.message.startsWith(`no connection to ${address}: `));
        return true;
      });
    }
  });
});

describe('a server', () => {
  test('names in its log who came without TLS, or with a certificate that does not do', async (t) => {
    const own = await files(t);
    const { caFile } = own;
    const secured = await serve(t, { tls: serverTls(own) });
    const mutual = await serve(t, { tls: { ...serverTls(own), clientCaFile: caFile } });
    const cases: readonly (readonly [Running, PemFiles | undefined, string])[] = [
      [secured, undefined, 'CLIENT_WITHOUT_TLS'],
      [mutual, { caFile }, 'CLIENT_CERTIFICATE_MISSING'],
      [mutual, { caFile, ...clientTls(own.stranger) }, 'CLIENT_CERTIFICATE_REFUSED'],
    ];
    for (const [{ address, lines }, tls, reason] of cases) {
      await assert.rejects(ask(address, tls), { code: 'unavailable' });
      const line = await waitFor(reason, () => lines.find((found) => found.reason === reason));
      assert.equal(line.msg, 'connection refused');
      assert.match(String(line.peer), /^127\.0\.0\.1:\d+$/);
    }
    assert.ok(!JSON.stringify([...secured.lines, ...mutual.lines]).includes('PRIVATE KEY'));
  });
});

describe('mTLS', () => {
  test('lets only clients of the authority in, as admins where no tokens are set', async (t) => {
    const own = await files(t);
    const { caFile } = own;
    const { address } = await serve(t, { tls: { ...serverTls(own), clientCaFile: caFile } });
    assert.equal(await ask(address, { caFile, ...clientTls(own) }), 'client/admin');
    await assert.rejects(ask(address, { caFile }), {
      code: 'unavailable',
      reason: 'CLIENT_CERTIFICATE_MISSING',
    });
    await assert.rejects(ask(address, { caFile, ...clientTls(own.stranger) }), {
      code: 'unavailable',
      reason: /^(?:CLIENT_CERTIFICATE_REFUSED|SERVER_HUNG_UP)$/,
    });
    await assert.rejects(ask(address, undefined), { code: 'unavailable', reason: 'SERVER_HUNG_UP' });
  });

  test('does not stand in for a token where tokens are set', async (t) => {
    const own = await files(t);
    const { caFile } = own;
    const { file, token } = await tokensFile(t);
    const tls = { ...serverTls(own), clientCaFile: caFile };
    const { address } = await serve(t, { tls, auth: { tokensFile: file } });
    await assert.rejects(ask(address, { caFile, ...clientTls(own) }), { reason: 'TOKEN_MISSING' });
    assert.equal(await ask(address, { caFile, ...clientTls(own) }, token), 'sam/admin');
  });
});

describe('forwarding', () => {
  test('over TLS passes tokens on, and names in the log why it cannot', async (t) => {
    const own = await files(t);
    const { caFile } = own;
    const { file, token } = await tokensFile(t);
    const back = await serve(t, { tls: serverTls(own), auth: { tokensFile: file } });
    const through = async (address: string, ca: string): Promise<Running> => {
      const credentials = await channelCredentials({ caFile: ca });
      const service = forward(DEFINITION, { address, credentials });
      t.after(() => service.close());
      return serve(t, { tls: serverTls(own), service });
    };
    const front = await through(back.address, caFile);
    assert.equal(await ask(front.address, { caFile }, token), 'sam/admin');
    const mistaken = await through(back.address, own.stranger.caFile);
    await assert.rejects(ask(mistaken.address, { caFile }, token), { reason: 'SERVICE_UNREACHABLE' });
    assert.equal(mistaken.lines.find(({ msg }) => msg === 'cannot forward')?.reason, 'CERTIFICATE_UNTRUSTED');
    assert.ok(!JSON.stringify([...back.lines, ...front.lines, ...mistaken.lines]).includes(token));
  });
});
