import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { Client } from 'minio';
import { makeBucket, type RunningS3, startMinio, startSeaweed } from './s3.js';

for (const [name, start] of [
  ['MinIO', startMinio],
  ['SeaweedFS', startSeaweed],
] as const) {
  describe(`a ${name} server for tests`, () => {
    let server: RunningS3;
    before(async () => {
      server = await start();
    });
    after(() => server.stop());

    test('refuses a wrong secret', async () => {
      const stranger = clientOf({ ...server, secretKey: 'not-the-secret' });
      await assert.rejects(stranger.listBuckets(), { code: 'SignatureDoesNotMatch' });
    });

    test('keeps objects over a kill and a restart at the same endpoint', async () => {
      await makeBucket(server, 'kept');
      const s3 = clientOf(server);
      await s3.putObject('kept', 'some/object', 'hello');
      await server.kill();
      await assert.rejects(fetch(server.endpoint));
      await server.restart();
      assert.equal(await text(await s3.getObject('kept', 'some/object')), 'hello');
      const buckets = await s3.listBuckets();
      assert.deepEqual(
        buckets.map((bucket) => bucket.name),
        ['kept'],
      );
    });
  });
}

function clientOf(server: RunningS3): Client {
  const { hostname, port } = new URL(server.endpoint);
  const { accessKey, secretKey, region } = server;
  return new Client({ endPoint: hostname, port: Number(port), useSSL: false, accessKey, secretKey, region });
}
