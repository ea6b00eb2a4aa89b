// An installation with TLS, tokens, JWTs and client certificates, on NATS and MinIO with theirs: who has the right
// credentials works as ever, everybody else is refused, the server's log says whom and why, and no secret is anywhere.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { temporaryFolder, waitFor } from '@alarena/testkit';
import { makeSecret, type TokenOwner } from './credentials.js';
import { holds, linesOf } from './log-lines.js';
import { type Caller, SecuredInstallation } from './secured-installation.js';
import { writeSmallSpec } from './small-spec.js';

const comparisons = 'alarena.comparison.v1.ComparisonService';
const datasets = 'alarena.dataset.v1.DatasetService';

let secured: SecuredInstallation;
let spec: string;
const wrongSecrets = [makeSecret(), makeSecret()] as const;

const cleanUp: (() => Promise<void>)[] = [];
const scope = { after: (callback: () => Promise<void>) => void cleanUp.unshift(callback) };
before(async () => {
  spec = await writeSmallSpec(await temporaryFolder(scope));
  secured = await SecuredInstallation.start(scope);
});
after(async () => {
  for (const step of cleanUp) await step();
});

/** A front door with TLS, and one that asks for client certificates as well. */
const plain = (): string => secured.cluster.addressOf('orchestrator-1');
const mutual = (): string => secured.cluster.addressOf('orchestrator-2');

test('who has the right credentials works as ever', async () => {
  const submitted = await secured.ask(plain(), ['submit', spec], { token: 'submitter', ca: 'own' });
  assert.equal(submitted.status, 0, submitted.stderr);
  const { id }: { id?: string } = JSON.parse(submitted.stdout);
  const viewer = { token: 'jane', ca: 'own', certificate: 'own' } as const;
  const watched = await secured.ask(mutual(), ['watch', String(id)], viewer);
  assert.equal(watched.status, 0, watched.stderr);
  const { status }: { status?: string } = JSON.parse(watched.stdout);
  assert.equal(status, 'done');
  // Passed on to the services behind the front door, as the caller's own calls.
  for (const args of [
    ['data', 'show', 'mnist'],
    ['strategies', 'list'],
  ]) {
    const shown = await secured.ask(mutual(), args, { ...viewer, token: 'viewer' });
    assert.equal(shown.status, 0, shown.stderr);
  }
  const collected = await secured.ask(plain(), ['gc', '--dry-run'], { token: 'admin', ca: 'own' });
  assert.equal(collected.status, 0, collected.stderr);
});

interface Refusal {
  readonly of: string;
  readonly server: () => string;
  readonly args: readonly string[];
  readonly caller: Caller;
  /** As the caller is told. */
  readonly reason: RegExp;
  readonly message: RegExp;
  /** Fields of a line of this process's log; not set where it is the client that refuses. */
  readonly logged?: readonly [process: string, fields: Readonly<Record<string, unknown>>];
}

const list = ['list'];
const listCall = { msg: 'caller refused', method: `${comparisons}/ListComparisons` };
const withToken = (token: TokenOwner): Caller => ({ token, ca: 'own' });
const refusals: readonly Refusal[] = [
  {
    ...{ of: 'a wrong token', server: plain, args: list, caller: withToken('stranger') },
    ...{ reason: /^TOKEN_UNKNOWN$/, message: /does not know the token/ },
    logged: ['orchestrator-1', { ...listCall, reason: 'TOKEN_UNKNOWN' }],
  },
  {
    ...{ of: 'an expired token', server: plain, args: list, caller: withToken('expired') },
    ...{ reason: /^TOKEN_EXPIRED$/, message: /the token has expired/ },
    logged: ['orchestrator-1', { ...listCall, reason: 'TOKEN_EXPIRED', facts: { name: 'eve' } }],
  },
  {
    ...{ of: 'an expired JWT', server: plain, args: list, caller: withToken('janeExpired') },
    ...{ reason: /^TOKEN_EXPIRED$/, message: /the token has expired/ },
    logged: ['orchestrator-1', { ...listCall, reason: 'TOKEN_EXPIRED', facts: { name: 'jane' } }],
  },
  {
    ...{ of: 'no token', server: plain, args: list, caller: { ca: 'own' } },
    ...{ reason: /^TOKEN_MISSING$/, message: /asks for a token[\s\S]*--token-file FILE/ },
    logged: ['orchestrator-1', { ...listCall, reason: 'TOKEN_MISSING' }],
  },
  {
    ...{ of: 'a viewer who submits', server: plain, caller: withToken('viewer') },
    args: ['submit', 'examples/mnist-smoke.yaml'],
    reason: /^ROLE_TOO_LOW$/,
    message: /SubmitComparison needs the role submitter; vera has the role viewer/,
    logged: ['orchestrator-1', { method: `${comparisons}/SubmitComparison`, reason: 'ROLE_TOO_LOW' }],
  },
  {
    ...{ of: 'a submitter who collects garbage', server: plain, args: ['gc'] },
    ...{ caller: withToken('submitter'), reason: /^ROLE_TOO_LOW$/ },
    message: /CollectGarbage needs the role admin; sam has the role submitter/,
    logged: [
      'orchestrator-1',
      { method: 'alarena.cluster.v1.ClusterService/CollectGarbage', reason: 'ROLE_TOO_LOW' },
    ],
  },
  {
    ...{ of: 'an import by a viewer', server: plain, args: ['data', 'add', 'mnist'] },
    ...{ caller: withToken('viewer'), reason: /^ROLE_TOO_LOW$/ },
    message: /ImportDataset needs the role submitter; vera has the role viewer/,
    logged: ['orchestrator-1', { method: `${datasets}/ImportDataset`, reason: 'ROLE_TOO_LOW' }],
  },
  {
    of: 'the same past the front door',
    ...{ server: () => secured.cluster.addressOf('dataset-store'), args: ['data', 'add', 'mnist'] },
    ...{ caller: { token: 'viewer', ca: 'own', certificate: 'own' }, reason: /^ROLE_TOO_LOW$/ },
    message: /ImportDataset needs the role submitter; vera has the role viewer/,
    logged: ['dataset-store', { method: `${datasets}/ImportDataset`, reason: 'ROLE_TOO_LOW' }],
  },
  {
    // With the certificate that the front door itself shows.
    of: 'a client certificate in place of a token',
    ...{ server: () => secured.cluster.addressOf('dataset-store'), args: ['data', 'list'] },
    ...{ caller: { ca: 'own', certificate: 'own' }, reason: /^TOKEN_MISSING$/, message: /asks for a token/ },
    logged: ['dataset-store', { method: `${datasets}/ListDatasets`, reason: 'TOKEN_MISSING' }],
  },
  {
    ...{ of: 'a client without TLS', server: plain, args: list, caller: {} },
    ...{ reason: /^SERVER_HUNG_UP$/, message: /if the server uses TLS, name its authority's certificate/ },
    logged: ['orchestrator-1', { msg: 'connection refused', reason: 'CLIENT_WITHOUT_TLS' }],
  },
  {
    ...{ of: 'a server of another authority', server: plain, args: list },
    ...{ caller: { token: 'admin', ca: 'stranger' }, reason: /^CERTIFICATE_UNTRUSTED$/ },
    message: /of an authority not trusted here[\s\S]*--ca FILE/,
  },
  {
    ...{ of: 'a server by a name that is not its own', args: list, caller: withToken('admin') },
    server: () => plain().replace('127.0.0.1', '127.0.0.2'),
    ...{ reason: /^CERTIFICATE_NAME$/, message: /certificate is for other names/ },
  },
  {
    ...{ of: 'no client certificate', server: mutual, args: list, caller: withToken('admin') },
    reason: /^CLIENT_CERTIFICATE_MISSING$/,
    message: /asks its clients for a certificate[\s\S]*--cert FILE/,
    logged: ['orchestrator-2', { msg: 'connection refused', reason: 'CLIENT_CERTIFICATE_MISSING' }],
  },
  {
    ...{ of: 'a client certificate of another authority', server: mutual, args: list },
    caller: { token: 'admin', ca: 'own', certificate: 'stranger' },
    ...{ reason: /^(CLIENT_CERTIFICATE_REFUSED|SERVER_HUNG_UP)$/, message: /client's certificate/ },
    logged: ['orchestrator-2', { msg: 'connection refused', reason: 'CLIENT_CERTIFICATE_REFUSED' }],
  },
];

describe('refused, and logged by the server, is', { concurrency: 2 }, () => {
  for (const { of, server, args, caller, reason, message, logged } of refusals) {
    test(of, async () => {
      const { status, stdout, stderr } = await secured.ask(server(), args, caller);
      assert.equal(status, 1, `${stdout}\n${stderr}`);
      const { error }: { error?: { reason?: string } } = JSON.parse(stdout);
      assert.match(String(error?.reason), reason);
      assert.match(stderr, message);
      if (logged === undefined) return;
      const [name, fields] = logged;
      const line = await waitFor(`${of} in the log of ${name}`, () =>
        linesOf(secured.cluster.get(name).log).find((found) => holds(found, fields)),
      );
      assert.match(String(line.peer), /^127\.0\.0\.1:\d+$/);
    });
  }
});

describe('does not start: a service', { concurrency: 2 }, () => {
  const everywhere = { ALARENA_STRATEGY_HOST: '0.0.0.0' };

  test('that would listen to everybody without authentication', async () => {
    const { violations } = await secured.startRefused('strategy', everywhere, 'UNSAFE_TO_LISTEN');
    assert.match(violations, /ALARENA_AUTH_TOKENS_FILE.*must be set.*ALARENA_TLS_CERT_FILE.*must be set/);
  });

  test('that would take tokens from everybody without TLS', async () => {
    const { ALARENA_AUTH_TOKENS_FILE = '' } = secured.credentials.serverEnv;
    const env = { ...everywhere, ALARENA_AUTH_TOKENS_FILE };
    const { violations } = await secured.startRefused('strategy', env, 'UNSAFE_TO_LISTEN');
    assert.match(violations, /ALARENA_TLS_CERT_FILE.*must be set/);
    assert.doesNotMatch(violations, /ALARENA_AUTH/);
  });

  test('whose password NATS does not accept', async () => {
    const env = {
      ...secured.backends(),
      ALARENA_NATS_PASSWORD_FILE: '',
      ALARENA_NATS_PASSWORD: wrongSecrets[0],
    };
    const { message } = await secured.startRefused('strategy', env, 'NATS_UNAUTHENTICATED');
    assert.match(message, /refused the log-in: check the user and password/);
  });

  test('that does not trust NATS', async () => {
    const env = { ...secured.backends(), ALARENA_NATS_CA_FILE: secured.credentials.stranger.caFile };
    const { message } = await secured.startRefused('strategy', env, 'NATS_TLS');
    assert.match(message, /no TLS connection to NATS/);
  });

  test('whose keys the object store does not accept', async () => {
    const env = { ...secured.backends(), ALARENA_S3_SECRET_KEY: wrongSecrets[1] };
    const { message } = await secured.startRefused('dataset-store', env, 'STORE_CREDENTIALS');
    assert.match(message, /does not accept the credentials/);
  });

  test('that does not trust the object store', async () => {
    const env = { ...secured.backends(), ALARENA_S3_CA_FILE: secured.credentials.stranger.caFile };
    const { message } = await secured.startRefused('dataset-store', env, 'STORE_NOT_TRUSTED');
    assert.match(message, /not trusted.*ALARENA_S3_CA_FILE/);
  });
});

test('no log and no answer holds a secret', () => {
  const { credentials, cluster, said } = secured;
  const { secretKey, accessKey } = secured.s3;
  const secrets = [...credentials.secrets, ...wrongSecrets, secretKey, accessKey, 'PRIVATE KEY'];
  const logs = [...cluster.services.values()].map(({ log }) => log);
  assert.ok(logs.every((log) => log.includes('"msg":"listening"')));
  for (const [i, secret] of secrets.entries()) {
    assert.ok(secret.length >= 8);
    for (const words of [...logs, ...said]) assert.ok(!words.includes(secret), `secret ${i} in: ${words}`);
  }
});
