import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { createAuthenticator } from './auth/authenticator.js';
import { makeToken, replaceFile, sha256, temporaryFolder } from './auth/fixture.js';
import { createClient } from './client.js';
import { forward } from './forward.js';
import { DEFINITION, LIMIT, REQUEST, serveForward, service } from './forward-fixture.js';
import { captureLog, serve } from './loopback.js';

describe('a forwarded call', () => {
  test('is checked by both servers with the same token', async (t) => {
    const file = join(await temporaryFolder(t), 'tokens.json');
    const token = makeToken();
    await replaceFile(file, JSON.stringify([{ name: 'vera', role: 'viewer', sha256: sha256(token) }]));
    const { logger } = captureLog();
    const authenticator = await createAuthenticator({ tokensFile: file }, { logger });
    const asked: string[] = [];
    const answering = service({
      listDatasets: async (_, { caller }) => {
        asked.push(`${caller.name}/${caller.role}`);
        return { datasets: [] };
      },
    });
    const back = await serve(t, [answering], { authenticator });
    const forwarding = forward(DEFINITION, { address: back.address });
    t.after(() => forwarding.close());
    const front = await serve(t, [forwarding], { authenticator });
    const client = createClient(DEFINITION, front.address, { token: () => token });
    t.after(() => client.close());
    await client.listDatasets({}, LIMIT);
    await assert.rejects(client.removeDataset({ name: 'mnist' }, LIMIT), { reason: 'ROLE_TOO_LOW' });
    assert.deepEqual(asked, ['vera/viewer']);
    assert.ok(front.lines.some(({ reason }) => reason === 'ROLE_TOO_LOW'));
    assert.equal(
      back.lines.some(({ reason }) => reason === 'ROLE_TOO_LOW'),
      false,
      'refused at the front',
    );
  });

  test('with a token goes to no other machine without TLS', async (t) => {
    const front = await serveForward(t, { address: '192.0.2.1:50051' });
    const client = createClient(DEFINITION, front.address, { token: () => 'abc' });
    t.after(() => client.close());
    const refused = { code: 'failed-precondition', reason: 'TOKEN_WITHOUT_TLS' };
    await assert.rejects(client.listDatasets({}, LIMIT), refused);
    await assert.rejects(async () => {
      for await (const _ of client.streamSamples(REQUEST, LIMIT)) assert.fail('nothing was sent');
    }, refused);
  });
});
