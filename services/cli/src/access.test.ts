// Commands against a server on loopback that asks for TLS, a client certificate, a token.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, type TestContext, test } from 'node:test';
import { dataset } from '@alarena/api';
import { AppError } from '@alarena/core';
import { createAuthenticator, createGrpcServer, implement, serverCredentials } from '@alarena/grpc';
import {
  type AuthorityFiles,
  type Certificates,
  captureLog,
  makeCertificates,
  temporaryFolder,
} from '@alarena/testkit';
import { type Ended, runBin } from './run-bin.js';

let certificates: Certificates;
before(async () => {
  certificates = await makeCertificates();
});

const refuse = (): never => {
  throw new AppError('unimplemented', 'not scripted');
};

interface Guarded {
  readonly server: string;
  readonly files: AuthorityFiles;
  /** A viewer's. */
  readonly token: string;
  readonly tokenFile: string;
  readonly log: () => string;
  alarena(...args: string[]): Promise<Ended>;
}

async function guarded(t: TestContext, { tls = true, mutual = false } = {}): Promise<Guarded> {
  const folder = await temporaryFolder(t);
  const files = await certificates.write(join(folder, 'tls'));
  const token = randomBytes(32).toString('base64url');
  const tokenFile = join(folder, 'token');
  await writeFile(tokenFile, `${token}\n`);
  const tokensFile = join(folder, 'tokens.json');
  const sha256 = createHash('sha256').update(token).digest('hex');
  await writeFile(tokensFile, JSON.stringify([{ name: 'vera', role: 'viewer', sha256 }]));
  const { lines, logger } = captureLog();
  const { serverCertFile: certFile, serverKeyFile: keyFile, caFile } = files;
  const clientCaFile = mutual ? caFile : undefined;
  const service = implement(dataset.DatasetServiceService, {
    listDatasets: async () => ({ datasets: [dataset.Dataset.fromPartial({ name: 'mnist' })] }),
    getDataset: refuse,
    importDataset: refuse,
    removeDataset: async () => ({}),
    streamSamples: refuse,
  });
  const server = createGrpcServer({
    services: [service],
    logger,
    reflection: false,
    authenticator: await createAuthenticator({ tokensFile }, { logger }),
    credentials: tls ? await serverCredentials({ certFile, keyFile, clientCaFile }) : undefined,
  });
  const port = await server.start({ host: '127.0.0.1', port: 0 });
  t.after(() => server.shutdown({ limitMs: 0 }));
  const address = `127.0.0.1:${port}`;
  const alarena = (...args: string[]): Promise<Ended> =>
    runBin([...args, '--server', address], { cwd: folder });
  return { server: address, files, token, tokenFile, alarena, log: () => JSON.stringify(lines) };
}

describe('a server with TLS and tokens', () => {
  test('answers with --ca and --token-file, or the environment', async (t) => {
    const { server, files, token, tokenFile, alarena, log } = await guarded(t);
    const listed = await alarena(
      'data',
      'list',
      '--ca',
      files.caFile,
      '--token-file',
      tokenFile,
      '--verbose',
    );
    assert.equal(listed.status, 0, listed.stderr);
    assert.equal(listed.stderr, '');
    assert.match(listed.stdout, /^mnist/m);
    const env = { ALARENA_SERVER: server, ALARENA_CA_FILE: files.caFile, ALARENA_TOKEN_FILE: tokenFile };
    assert.equal((await runBin(['data', 'list'], { env })).status, 0);
    assert.ok(!log().includes(token));
  });

  test('refuses with status 1: no token, another token, a role too low', async (t) => {
    const { files, token, tokenFile, alarena, log } = await guarded(t);
    const ca = ['--ca', files.caFile];
    const without = await alarena('data', 'list', ...ca);
    assert.equal(without.status, 1);
    assert.match(without.stderr, /^error: this server asks for a token.*\n {2}--token-file FILE/);
    const wrong = join(files.caFile, '..', 'wrong-token');
    await writeFile(wrong, `${token.slice(1)}x`);
    const other = await alarena('data', 'list', ...ca, '--token-file', wrong, '--verbose');
    assert.equal(other.status, 1);
    assert.match(other.stderr, /^error: the server does not know the token/);
    const low = await alarena('data', 'remove', 'mnist', ...ca, '--token-file', tokenFile, '--json');
    assert.equal(low.status, 1);
    const { error } = JSON.parse(low.stdout);
    assert.deepEqual(
      [error.code, error.facts.needed, error.facts.role],
      ['permission-denied', 'submitter', 'viewer'],
    );
    for (const secret of [token, token.slice(1)]) {
      assert.ok(![log(), without, other, low].some((seen) => JSON.stringify(seen).includes(secret)));
    }
  });

  test('says what is wrong with the connection', async (t) => {
    const { files, tokenFile, alarena } = await guarded(t, { mutual: true });
    const plain = await alarena('data', 'list', '--token-file', tokenFile);
    assert.deepEqual([plain.status, /if the server uses TLS/.test(plain.stderr)], [1, true], plain.stderr);
    const stranger = await certificates.stranger.write(await temporaryFolder(t));
    const untrusted = await alarena('data', 'list', '--ca', stranger.caFile);
    assert.equal(untrusted.status, 1);
    assert.match(untrusted.stderr, /authority not trusted here.*\n {2}--ca FILE/);
    const nameless = await alarena('data', 'list', '--ca', files.caFile);
    assert.match(nameless.stderr, /asks its clients for a certificate.*\n {2}--cert FILE/);
    const own = ['--cert', files.clientCertFile, '--key', files.clientKeyFile];
    const good = await alarena('data', 'list', '--ca', files.caFile, ...own, '--token-file', tokenFile);
    assert.equal(good.status, 0, good.stderr);
  });

  test('that has no TLS is told from one that has', async (t) => {
    const { files, alarena } = await guarded(t, { tls: false });
    const { status, stderr } = await alarena('data', 'list', '--ca', files.caFile);
    assert.equal(status, 1);
    assert.match(stderr, /^error: no connection to 127\.0\.0\.1:\d+: the server does not use TLS/);
  });
});

describe('bad options end in status 2', () => {
  test('a token for another machine without TLS is not sent', async (t) => {
    const { tokenFile, token } = await guarded(t);
    const args = ['data', 'list', '--server', 'alarena.invalid:50050', '--token-file', tokenFile];
    const { status, stderr } = await runBin(args);
    assert.equal(status, 2, stderr);
    assert.match(stderr, /^error: no token is sent to alarena\.invalid:50050 without TLS.*\n {2}--ca FILE/);
    assert.ok(!stderr.includes(token));
  });

  test('files that are not there, empty, or of another kind are named', async (t) => {
    const { files, alarena } = await guarded(t);
    const empty = join(files.caFile, '..', 'empty');
    await writeFile(empty, '\n');
    for (const [args, message] of [
      [['--token-file', '/nowhere/token'], /cannot read \/nowhere\/token: there is no such file/],
      [['--token-file', empty], /the token file .*empty is empty/],
      [['--ca', '/nowhere/ca.crt'], /cannot read \/nowhere\/ca\.crt/],
      [['--ca', files.serverKeyFile], /server\.key is not a certificate in PEM/],
      [
        ['--ca', files.caFile, '--cert', files.clientCertFile],
        /client\.crt is a certificate without its key/,
      ],
    ] as const) {
      const { status, stderr } = await alarena('data', 'list', ...args);
      assert.equal(status, 2, stderr);
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /PRIVATE KEY/);
    }
  });

  test('without a server there is nobody to show a token to', async () => {
    const args = ['strategies', '--token-file', 't', '--key', 'k'];
    const { status, stderr } = await runBin(args);
    assert.equal(status, 2);
    assert.match(stderr, /--token-file: is for a running server.*\n {2}--key: is for a running server/);
  });
});
