// The configuration of the included NATS, in a real server.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { ensureServer, freePort, temporaryFolder, waitFor } from '@alarena/testkit';
import { at, list, named, render } from './chart.js';

// The server would read it as a number, were it not between quotation marks.
const password = '1e5';

describe('the included NATS', () => {
  test('takes the user and the password of the secret, and no other', async (t) => {
    const port = await startServer(t);
    assert.match(await logIn(port, { user: 'alarena', pass: password }), /PONG/);
    assert.match(await logIn(port, { user: 'alarena', pass: '100000' }), /Authorization Violation/);
    assert.match(await logIn(port, {}), /Authorization Violation/);
  });

  test('makes one cluster of its servers', async () => {
    const objects = await render({ values: ['values-dev.yaml'], set: ['nats.replicas=3'] });
    const text = String(at(named(objects, 'ConfigMap', 'alarena-nats'), 'data', 'nats.conf'));
    const hosts = [...text.matchAll(/nats:\/\/([\w-]+)\.([\w-]+):6222/g)].map(([, pod, service]) => [
      pod,
      service,
    ]);
    const set = named(objects, 'StatefulSet', 'alarena-nats');
    const service = at(set, 'spec', 'serviceName');
    assert.deepEqual(
      hosts,
      [0, 1, 2].map((index) => [`alarena-nats-${index}`, service]),
    );
  });
});

/** Its port. */
async function startServer(t: TestContext): Promise<number> {
  const objects = await render({ values: ['values-dev.yaml'] });
  const folder = await temporaryFolder(t);
  const file = join(folder, 'nats.conf');
  const text = String(at(named(objects, 'ConfigMap', 'alarena-nats'), 'data', 'nats.conf'));
  // The one thing that no argument replaces.
  await writeFile(file, text.replace('store_dir: /data', `store_dir: ${JSON.stringify(folder)}`));
  const pod = at(named(objects, 'StatefulSet', 'alarena-nats'), 'spec', 'template');
  const variables = list(at(pod, 'spec', 'containers', 0, 'env'));
  const template = String(
    at(
      variables.find((one) => at(one, 'name') === 'NATS_PASSWORD'),
      'value',
    ),
  );
  const port = await freePort();
  const places = ['--port', String(port), '--http_port', String(await freePort())];
  const server = spawn(
    await ensureServer('nats'),
    ['--config', file, ...places, '--pid', join(folder, 'pid')],
    { env: { POD_NAME: 'alarena-nats-0', NATS_PASSWORD: template.replace('$(PASSWORD)', password) } },
  );
  const exited = once(server, 'exit');
  t.after(async () => {
    server.kill('SIGKILL');
    await exited;
  });
  await waitFor('the server', () => logIn(port, {}).then(Boolean, () => false));
  return port;
}

/** What the server answers to a client's greeting. */
async function logIn(port: number, credentials: object): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    socket.write(`CONNECT ${JSON.stringify({ verbose: false, ...credentials })}\r\nPING\r\n`);
    let answer = '';
    for await (const chunk of socket) {
      answer += String(chunk);
      if (/PONG|-ERR/.test(answer)) break;
    }
    return answer;
  } finally {
    socket.destroy();
  }
}
