import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { before, describe, test } from 'node:test';
import { connect } from '@nats-io/transport-node';
import { temporaryFolder } from '../temporary-folder.js';
import { type Certificates, makeCertificates } from './certificates.js';
import { startNats } from './nats.js';
import { makeBucket, startMinio } from './s3.js';

describe('certificates for tests', () => {
  let certificates: Certificates;
  before(async () => {
    certificates = await makeCertificates();
  });

  test('let a server check its clients', async (t) => {
    const { ca, server, client, stranger } = certificates;
    const nats = await startNats({ tls: { ...server, ca, verify: true } });
    t.after(() => nats.stop());
    const once = { servers: nats.url, reconnect: false };
    const connection = await connect({ ...once, tls: { ca, ...client } });
    await connection.flush();
    await connection.close();
    await assert.rejects(connect({ ...once, tls: { ca, ...stranger.client } }));
    await assert.rejects(connect({ ...once, tls: { ca } }));
  });

  test('let a client check its server', async (t) => {
    const { ca, server, stranger } = certificates;
    const minio = await startMinio({ tls: { ...server, ca } });
    t.after(() => minio.stop());
    await makeBucket(minio, 'secured');
    await assert.rejects(makeBucket({ ...minio, ca: stranger.ca }, 'another'), /certificate/);
  });

  test('can be written to files', async (t) => {
    const files = await certificates.write(await temporaryFolder(t));
    const issued = new X509Certificate(await readFile(files.serverCertFile));
    assert.equal(issued.checkIssued(new X509Certificate(await readFile(files.caFile))), true);
    assert.equal(issued.checkHost('localhost'), 'localhost');
    assert.equal(issued.checkIP('127.0.0.1'), '127.0.0.1');
    assert.match(await readFile(files.clientKeyFile, 'utf8'), /PRIVATE KEY/);
  });

  test('name the client as asked', async () => {
    const { cert } = await certificates.issueClient('ann');
    assert.equal(new X509Certificate(cert).subject, 'CN=ann');
  });
});
