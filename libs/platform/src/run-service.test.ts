// The start of a real process: what is wrong with its environment, and what it answers while it waits.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort, type LogLine, startNats, temporaryFolder, waitFor, within } from '@alarena/testkit';

const entry = fileURLToPath(new URL('./run-service.fixture.js', import.meta.url));

interface Fixture {
  readonly lines: readonly LogLine[];
  readonly ended: Promise<unknown>;
  stop(): void;
}

async function start(t: TestContext, settings: Readonly<Record<string, string>>): Promise<Fixture> {
  const home = await temporaryFolder(t);
  const child = spawn(process.execPath, [entry], {
    env: { PATH: process.env.PATH, ALARENA_HOME: home, ...settings },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const lines: LogLine[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => lines.push(JSON.parse(line)));
  const ended = once(child, 'close').then(([status]: unknown[]) => status);
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return { lines, ended, stop: () => void child.kill('SIGTERM') };
}

/** What a process that must not start names as wrong, sorted. */
async function faults(t: TestContext, settings: Readonly<Record<string, string>>): Promise<string[]> {
  const { ended, lines } = await start(t, settings);
  assert.equal(await within('the end', ended, 120_000), 1);
  const last = lines.at(-1) as { msg?: string; err?: { violations?: { field: string }[] } };
  assert.equal(last.msg, 'start failed');
  return (last.err?.violations ?? []).map(({ field }) => field).sort();
}

describe('an environment with faults', { timeout: 300_000 }, () => {
  test('is told as a whole, by the names of the variables', async (t) => {
    const nowhere = join(await temporaryFolder(t), 'none.pem');
    const found = await faults(t, {
      ...{ ALARENA_FIXTURE_HOST: '0.0.0.0', ALARENA_FIXTURE_SIZE: '0', ALARENA_FIXTURE_COLOUR: 'red' },
      ...{ ALARENA_STORE: 's3', ALARENA_S3_ENDPOINT: 'http://minio:9000', ALARENA_S3_BUCKET: 'alarena' },
      ...{ ALARENA_S3_PREFIX: '../up', ALARENA_S3_ACCESS_KEY: 'key', ALARENA_S3_SECRET_KEY: 'secret' },
      ...{ ALARENA_NATS_USER: 'ann', ALARENA_NATS_CA_FILE: nowhere },
      ...{ ALARENA_TLS_CERT_FILE: nowhere, ALARENA_AUTH_ISSUER: 'https://id', ALARENA_OPS_PORT: 'x' },
    });
    assert.deepEqual(found, [
      'ALARENA_AUTH_AUDIENCE',
      'ALARENA_AUTH_JWKS',
      'ALARENA_FIXTURE_COLOUR',
      'ALARENA_FIXTURE_SIZE',
      'ALARENA_NATS_CA_FILE',
      'ALARENA_NATS_PASSWORD',
      'ALARENA_NATS_URL',
      'ALARENA_OPS_PORT',
      'ALARENA_S3_PREFIX',
      'ALARENA_TLS_CERT_FILE',
    ]);
  });

  test('says at once that a service that needs NATS has none, and that it would be open to everybody', async (t) => {
    assert.deepEqual(await faults(t, { ALARENA_FIXTURE_HOST: '0.0.0.0' }), [
      'ALARENA_AUTH_TOKENS_FILE',
      'ALARENA_NATS_URL',
      'ALARENA_TLS_CERT_FILE',
    ]);
  });

  test('never repeats a password in the URL of NATS', async (t) => {
    const { ended, lines } = await start(t, { ALARENA_NATS_URL: 'nats://ann:right-horse@nats:4222' });
    assert.equal(await within('the end', ended, 120_000), 1);
    assert.match(JSON.stringify(lines), /ALARENA_NATS_URL: must not contain a user or a password/);
    assert.ok(!JSON.stringify(lines).includes('right-horse'));
  });

  test('includes two ways to log in to NATS, and files of another kind', async (t) => {
    const file = join(await temporaryFolder(t), 'some.txt');
    await writeFile(file, 'no certificate');
    const found = await faults(t, {
      ...{ ALARENA_NATS_URL: 'nats://nats:4222', ALARENA_NATS_TOKEN: 'a', ALARENA_NATS_USER: 'ann' },
      ...{ ALARENA_NATS_PASSWORD: 'b', ALARENA_TLS_CERT_FILE: file, ALARENA_TLS_KEY_FILE: file },
    });
    assert.deepEqual(found, [file, 'ALARENA_NATS_TOKEN'].sort());
  });
});

describe('a process whose NATS is not there yet', { timeout: 300_000 }, () => {
  test('lives and is not ready; it is ready when NATS has come, and ends at a signal', async (t) => {
    const [natsPort, opsPort] = [await freePort(), await freePort()];
    const { lines, ended, stop } = await start(t, {
      ALARENA_NATS_URL: `nats://127.0.0.1:${natsPort}`,
      ALARENA_OPS_PORT: String(opsPort),
    });
    const status = async (path: string): Promise<number | undefined> =>
      (await fetch(`http://127.0.0.1:${opsPort}${path}`).catch(() => undefined))?.status;
    const said = (text: RegExp) => (): boolean => lines.some(({ msg }) => text.test(String(msg)));
    await waitFor('it to wait', said(/NATS cannot be reached yet/), 120_000);
    assert.deepEqual(await Promise.all(['/livez', '/readyz', '/metrics'].map(status)), [200, 503, 200]);
    const nats = await startNats({ port: natsPort });
    t.after(() => nats.stop());
    await waitFor('it to be ready', async () => (await status('/readyz')) === 200, 120_000);
    stop();
    assert.equal(await within('the end', ended, 120_000), 0);
  });

  test('ends at a signal while it waits', async (t) => {
    const { lines, ended, stop } = await start(t, {
      ALARENA_NATS_URL: `nats://127.0.0.1:${await freePort()}`,
    });
    await waitFor(
      'it to wait',
      () => lines.some(({ msg }) => /cannot be reached/.test(String(msg))),
      120_000,
    );
    stop();
    assert.equal(await within('the end', ended, 120_000), 0);
  });
});
