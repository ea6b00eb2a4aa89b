import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { S3Client } from './s3-client.js';

test('a request that is cancelled while its body is hashed is not sent', async (t) => {
  let requests = 0;
  const server = createServer((_, response) => {
    requests++;
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const client = new S3Client({
    ...{ endpoint: `http://127.0.0.1:${port}`, bucket: 'test' },
    ...{ accessKey: 'test', secretKey: 'test-secret' },
  });
  t.after(() => client.close());
  const stop = new AbortController();
  const body = new Uint8Array(5 << 20);
  const sent = client.send({ method: 'PUT', key: 'a', body, signal: stop.signal });
  stop.abort();
  await assert.rejects(sent, { code: 'cancelled' });
  assert.equal(requests, 0);
});
