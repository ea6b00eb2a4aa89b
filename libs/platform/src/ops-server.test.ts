import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectAppError } from '@alarena/testkit';
import { startOpsServer } from './ops-server.js';

test('tells life, readiness and metrics, and nothing else', async (t) => {
  let ready = false;
  const ops = await startOpsServer({
    host: '127.0.0.1',
    port: 0,
    ready: () => ready,
    metrics: (_, response) => void response.end('alarena_tasks_total 1\n'),
  });
  t.after(() => ops.close());
  const get = async (path: string, method = 'GET'): Promise<[number, string]> => {
    const response = await fetch(`http://127.0.0.1:${ops.port}${path}`, { method });
    return [response.status, await response.text()];
  };
  assert.deepEqual(await get('/livez'), [200, 'ok\n']);
  assert.deepEqual(await get('/readyz'), [503, 'not ready\n']);
  ready = true;
  assert.deepEqual(await get('/readyz?verbose'), [200, 'ok\n']);
  assert.deepEqual(await get('/metrics'), [200, 'alarena_tasks_total 1\n']);
  assert.equal((await get('/env'))[0], 404);
  assert.equal((await get('/livez', 'POST'))[0], 405);
});

test('names a port that is taken', async (t) => {
  const options = { host: '127.0.0.1', ready: () => true, metrics: () => {} };
  const ops = await startOpsServer({ ...options, port: 0 });
  t.after(() => ops.close());
  const error = await expectAppError('failed-precondition', startOpsServer({ ...options, port: ops.port }));
  assert.equal(error.facts.port, ops.port);
});
