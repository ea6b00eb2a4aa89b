// The certificate files of libs/grpc: replaced while they are in use, and with faults.

import assert from 'node:assert/strict';
import { cp, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { connect } from 'node:tls';
import { channelCredentials, createClient, serverCredentials } from '@alarena/grpc';
import { captureLog } from './captured-log.js';
import { ask, DEFINITION, files, LIMIT, serve, serverTls } from './grpc-tls.fixture.js';
import { makeCertificates } from './servers/certificates.js';
import { temporaryFolder } from './temporary-folder.js';
import { waitFor } from './waiting.js';

describe('TLS', () => {
  test('takes certificates that were replaced, and keeps the old ones while half of them is', async (t) => {
    const own = await files(t);
    const folder = await temporaryFolder(t);
    const live = { certFile: join(folder, 'tls.crt'), keyFile: join(folder, 'tls.key') };
    await cp(own.serverCertFile, live.certFile);
    await cp(own.serverKeyFile, live.keyFile);
    const { address, port, lines } = await serve(t, { tls: live });
    const before = await serialOf(port);
    const next = await makeCertificates();
    await replace(live.certFile, next.server.cert);
    const logged = (message: RegExp) => lines.some(({ msg }) => message.test(String(msg)));
    await waitFor('a line of the log', () => logged(/new certificates cannot be used/));
    assert.equal(await serialOf(port), before);
    assert.equal(await ask(address, { caFile: own.caFile }), 'anyone/admin');
    await replace(live.keyFile, next.server.key);
    await waitFor('a line of the log', () => logged(/certificates replaced/));
    assert.notEqual(await serialOf(port), before);
    const { caFile } = await next.write(await temporaryFolder(t));
    assert.equal(await ask(address, { caFile }), 'anyone/admin');
    assert.equal(lines.filter(({ msg }) => /cannot be used/.test(String(msg))).length, 1, 'told once');
    assert.ok(!JSON.stringify(lines).includes('PRIVATE KEY'));
  });

  test('of a client takes replaced certificates, too', async (t) => {
    const own = await files(t);
    const tls = { ...serverTls(own), clientCaFile: own.caFile };
    const { address } = await serve(t, { tls });
    const folder = await temporaryFolder(t);
    const live = { caFile: own.caFile, certFile: join(folder, 'tls.crt'), keyFile: join(folder, 'tls.key') };
    await cp(own.stranger.clientCertFile, live.certFile);
    await cp(own.stranger.clientKeyFile, live.keyFile);
    const { lines, logger } = captureLog();
    const client = createClient(DEFINITION, address, {
      credentials: await channelCredentials(live, { logger, refreshMs: 10 }),
    });
    t.after(() => client.close());
    await assert.rejects(client.whoAmI('please', LIMIT), { code: 'unavailable' });
    await replace(live.certFile, own.certificates.client.cert);
    await replace(live.keyFile, own.certificates.client.key);
    await waitFor('a line of the log', () => lines.some(({ msg }) => msg === 'certificates replaced'));
    // The channel connects again by itself, a moment after it was refused.
    const answered = async (): Promise<boolean> =>
      client.whoAmI('please', LIMIT).then(
        () => true,
        () => false,
      );
    await waitFor('an answer', answered);
  });

  test('files with faults are named', async (t) => {
    const own = await files(t);
    const { certFile, keyFile } = serverTls(own);
    const reject = (settings: object, message: RegExp) =>
      assert.rejects(serverCredentials(settings), { message });
    await reject(
      { certFile: '/nowhere/tls.crt', keyFile },
      /^cannot read \/nowhere\/tls.crt: there is no such file$/,
    );
    await reject({ certFile: keyFile, keyFile }, /server.key is not a certificate in PEM$/);
    await reject(
      { certFile, keyFile: certFile },
      /server.crt is not a private key in PEM without a passphrase$/,
    );
    await reject(
      { certFile, keyFile: own.clientKeyFile },
      /client.key is not the key of the certificate .*server.crt$/,
    );
    await reject({ certFile, keyFile, clientCaFile: keyFile }, /server.key is not a certificate/);
    await reject({ certFile }, /ALARENA_TLS_KEY_FILE: must be set/);
    await reject({ clientCaFile: own.caFile }, /ALARENA_TLS_CERT_FILE: must be set/);
    await assert.rejects(
      channelCredentials({ caFile: own.caFile, certFile }),
      /is a certificate without its key/,
    );
    await assert.rejects(channelCredentials({ keyFile }), /is a key without its certificate/);
    assert.equal(await serverCredentials({}), undefined);
  });
});

async function replace(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}

/** Serial number of the certificate that a new connection is shown. */
function serialOf(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(
      { port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['h2'] },
      () => {
        resolve(socket.getPeerCertificate().serialNumber);
        socket.destroy();
      },
    );
    socket.on('error', reject);
  });
}
