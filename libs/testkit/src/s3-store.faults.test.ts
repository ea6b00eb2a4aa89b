// What the S3 store does when the way to the server, the server or the settings fail. Real servers throughout.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { AppError } from '@alarena/core';
import { checkStore, openObjectStore, readBytes, S3Store, type S3StoreSettings } from '@alarena/store';
import { startCuttingProxy } from './cutting-proxy.js';
import { expectAppError } from './expect-app-error.js';
import { freePort } from './free-port.js';
import { mebibyte, read, someBytes, streamOf, text } from './object-store-fixture.js';
import { caFile, selfSigned, settingsFor, startMinioWithTls } from './s3-store.fixture.js';
import { makeCertificates } from './servers/certificates.js';
import { type RunningS3, startMinio, startSeaweed } from './servers/s3.js';
import { deferred } from './waiting.js';

const quick = { retries: 1 };

for (const [name, start] of [
  ['MinIO', startMinio],
  ['SeaweedFS', startSeaweed],
] as const) {
  describe(`an S3 store on ${name}`, () => {
    const endings: (() => unknown)[] = [];
    let server: RunningS3;
    let settings: S3StoreSettings;
    before(async () => {
      server = await start();
      endings.push(() => server.stop());
      settings = await settingsFor({ after: (end) => endings.push(end) }, server, 'faults');
    });
    after(async () => {
      for (const end of endings) await end();
    });

    test('passes the check of its promises and leaves nothing of it', async () => {
      const store = new S3Store({ ...settings, prefix: 'checked' });
      await checkStore(store);
      for await (const { key } of store.list('')) assert.fail(key);
    });

    test('knows its own success when the answer of a conditional put was lost', async (t) => {
      const proxy = await startCuttingProxy(t, server.endpoint);
      const store = new S3Store({ ...settings, endpoint: proxy.endpoint });
      proxy.cut({ request: 'PUT /faults/lost', afterBytes: 0, times: 1 });
      const first = await store.put('lost', text('first'), { ifNoneMatch: '*' });
      assert.equal(proxy.cuts(), 1);
      await expectAppError('already-exists', store.put('lost', text('first'), { ifNoneMatch: '*' }));
      proxy.cut({ request: 'PUT /faults/lost', afterBytes: 0, times: 1 });
      const second = await store.put('lost', text('second'), { ifMatch: first.etag });
      assert.equal(proxy.cuts(), 2);
      assert.deepEqual(await store.head('lost').then((info) => info?.etag), second.etag);
      const large = someBytes(5 * mebibyte + 1, 'lost');
      proxy.cut({ request: 'POST /faults/lost-parts?uploadId', afterBytes: 0, times: 1 });
      await store.put('lost-parts', streamOf(large, mebibyte), { ifNoneMatch: '*' });
      assert.equal(proxy.cuts(), 3);
      assert.deepEqual(await read(store, 'lost-parts'), large);
      proxy.cut({ request: 'POST /faults/lost-parts?uploadId', afterBytes: 0, times: 1 });
      await store.put('lost-parts', streamOf(large, mebibyte));
      assert.equal(proxy.cuts(), 4);
    });

    test('tells the loser of a race the truth, also when its answer was lost', async (t) => {
      const proxy = await startCuttingProxy(t, server.endpoint);
      const store = new S3Store({ ...settings, endpoint: proxy.endpoint });
      await store.put('raced', text('the winner'));
      proxy.cut({ request: 'PUT /faults/raced', afterBytes: 0, times: 1 });
      // The same bytes, so that only the put itself tells whose they are.
      await expectAppError('already-exists', store.put('raced', text('the winner'), { ifNoneMatch: '*' }));
      assert.equal(proxy.cuts(), 1);
    });

    test('sends an upload again that was damaged on its way', async (t) => {
      const proxy = await startCuttingProxy(t, server.endpoint);
      const through = { ...settings, endpoint: proxy.endpoint };
      proxy.damage('PUT /faults/damaged');
      const error = await expectAppError(
        'unavailable',
        new S3Store({ ...through, retries: 0 }).put('damaged', text('whole')),
      );
      assert.match(error.message, /BadDigest/);
      assert.equal(await new S3Store(settings).head('damaged'), undefined);
      proxy.damage('PUT /faults/damaged');
      const store = new S3Store(through);
      await store.put('damaged', text('whole'));
      assert.deepEqual(await read(store, 'damaged'), text('whole'));
    });

    test('goes on reading where the connection broke', async (t) => {
      const proxy = await startCuttingProxy(t, server.endpoint);
      const store = new S3Store({ ...settings, endpoint: proxy.endpoint });
      const bytes = someBytes(2 * mebibyte, 'broken');
      await store.put('broken', bytes);
      proxy.cut({ request: 'GET /faults/broken', afterBytes: 700_000, times: 2 });
      assert.deepEqual(await read(store, 'broken'), bytes);
      assert.equal(proxy.cuts(), 2);
      proxy.cut({ request: 'GET /faults/broken', afterBytes: 400_000, times: 1 });
      const range = { offset: 1_000, length: mebibyte };
      const { body } = await store.get('broken', { range });
      assert.deepEqual(await readBytes(body, mebibyte), bytes.slice(1_000, 1_000 + mebibyte));
      assert.equal(proxy.cuts(), 3);
    });

    test('does not mix versions when an object is replaced while the connection breaks', async (t) => {
      const proxy = await startCuttingProxy(t, server.endpoint);
      const store = new S3Store({ ...settings, endpoint: proxy.endpoint });
      await store.put('replaced', new Uint8Array(2 * mebibyte).fill(1));
      proxy.cut({ request: 'GET /faults/replaced', afterBytes: 700_000, times: 1 });
      const { body } = await store.get('replaced');
      await store.put('replaced', new Uint8Array(2 * mebibyte).fill(2));
      const error = await expectAppError('aborted', async () => {
        for await (const chunk of body) assert.ok(chunk.every((byte) => byte === 1));
      });
      assert.ok(error.retryable);
    });

    test('loses nothing when the server is killed and started again during a stream of puts', async () => {
      // As long as a start takes on a machine that has much to do.
      const store = new S3Store({ ...settings, retries: 20 });
      const count = 60;
      const someDone = deferred();
      let done = 0;
      const writer = async (lane: number): Promise<void> => {
        for (let i = lane; i < count; i += 4) {
          const options = i % 2 === 0 ? ({ ifNoneMatch: '*' } as const) : {};
          await store.put(`killed/${i}`, someBytes(20_000 + i, `${i}`), options);
          if (++done === 10) someDone.resolve();
        }
      };
      const writers = Promise.all([0, 1, 2, 3].map(writer));
      await Promise.race([someDone.promise, writers]);
      await server.kill();
      assert.ok(done < count);
      await server.restart();
      await writers;
      for (let i = 0; i < count; i++) {
        assert.deepEqual(await read(store, `killed/${i}`), someBytes(20_000 + i, `${i}`));
      }
    });

    test('names wrong credentials, without the secret', async () => {
      for (const wrong of [
        { secretKey: 'not-the-secret' },
        { accessKey: 'nobody', secretKey: 'not-the-secret' },
      ]) {
        const store = new S3Store({ ...settings, ...wrong });
        for (const call of [
          () => checkStore(store),
          () => store.get('object'),
          () => store.put('object', text('x')),
        ]) {
          const error = await expectAppError('unauthenticated', call);
          assert.match(error.message, /bucket faults at http:.*ALARENA_S3_ACCESS_KEY/);
          assert.doesNotMatch(JSON.stringify(error) + error.stack, /not-the-secret/);
        }
        // SeaweedFS's answer to HEAD has no code: it may also be a matter of permission.
        await assert.rejects(store.head('object'), (error) => {
          assert.ok(error instanceof AppError);
          assert.match(error.code, /^(unauthenticated|permission-denied)$/);
          assert.match(error.message, /bucket faults.*check /);
          return true;
        });
      }
    });

    test('says what is wrong when TLS is spoken to a server that has none', async () => {
      const endpoint = settings.endpoint.replace('http:', 'https:');
      const error = await expectAppError(
        'failed-precondition',
        new S3Store({ ...settings, endpoint }).head('x'),
      );
      assert.match(error.message, /should begin with http:/);
    });

    test('closes a body that it does not read to its end', async () => {
      const store = new S3Store(settings);
      await store.put('there', text('x'));
      let closed = false;
      const body = async function* (): AsyncGenerator<Uint8Array> {
        try {
          while (true) yield new Uint8Array(mebibyte);
        } finally {
          closed = true;
        }
      };
      await expectAppError('already-exists', store.put('there', body(), { ifNoneMatch: '*' }));
      assert.ok(closed);
    });

    test('says that the bucket does not exist and what to do', async () => {
      const store = new S3Store({ ...settings, bucket: 'no-such-bucket' });
      const error = await expectAppError('failed-precondition', checkStore(store));
      assert.equal(error.reason, 'STORE_NO_BUCKET');
      assert.match(error.message, /no-such-bucket.*ALARENA_S3_BUCKET/);
    });
  });
}

test('a server that is not there is unavailable, which may pass', async () => {
  const endpoint = `http://127.0.0.1:${await freePort()}`;
  const store = openObjectStore({
    kind: 's3',
    endpoint,
    bucket: 'any',
    accessKey: 'a',
    secretKey: 'b',
    ...quick,
  });
  const error = await expectAppError('unavailable', store.head('object'));
  assert.ok(error.retryable);
  assert.ok(error.message.includes(endpoint));
});

test('a server that does not answer is given up at the limit, or at once on abort', async (t) => {
  const server = createServer(() => {}).listen(0, '127.0.0.1');
  t.after(() => server.closeAllConnections());
  t.after(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const endpoint = `http://127.0.0.1:${address.port}`;
  const settings = { endpoint, bucket: 'any', accessKey: 'a', secretKey: 'b', ...quick };
  const error = await expectAppError(
    'unavailable',
    new S3Store({ ...settings, answerLimitMs: 50 }).head('object'),
  );
  assert.match(error.message, /no answer within/);
  const asked = new Promise((resolve) => server.once('request', resolve));
  const controller = new AbortController();
  const getting = new S3Store(settings).get('object', { signal: controller.signal });
  await asked;
  controller.abort();
  await expectAppError('cancelled', getting);
});

test('a server that ignores conditions or ranges is refused', async (t) => {
  // Says yes to everything, as some servers do to headers that they do not know.
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => response.end('<R><UploadId>1</UploadId><ETag>&#34;00&#34;</ETag></R>'));
  }).listen(0, '127.0.0.1');
  t.after(() => server.closeAllConnections());
  t.after(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const endpoint = `http://127.0.0.1:${address.port}`;
  const store = new S3Store({ endpoint, bucket: 'any', accessKey: 'a', secretKey: 'b' });
  const error = await expectAppError('failed-precondition', checkStore(store));
  assert.equal(error.reason, 'STORE_UNSAFE');
  assert.match(
    error.message,
    /PutObject with If-None-Match.*PutObject with If-Match.*CompleteMultipartUpload/,
  );
  const range = { offset: 3, length: 1 };
  const partly = await expectAppError('failed-precondition', store.get('object', { range }));
  assert.equal(partly.reason, 'STORE_UNSAFE');
});

const startMinioOfAuthority = async (): Promise<RunningS3> => {
  const { server, ca } = await makeCertificates();
  return startMinio({ tls: { ...server, ca } });
};

for (const [what, start] of [
  ['is its own authority', startMinioWithTls],
  ['another authority signed', startMinioOfAuthority],
] as const) {
  test(`a server whose certificate ${what} is refused where that is not trusted`, async (t) => {
    const server = await start();
    t.after(() => server.stop());
    const settings = await settingsFor(t, server, 'trusted');
    await new S3Store(settings).put('object', text('x'));
    const stranger = await caFile(t, (await selfSigned()).cert);
    const { caFile: _, ...systemOnly } = settings;
    for (const wrong of [{ ...settings, caFile: stranger }, systemOnly]) {
      const error = await expectAppError('failed-precondition', new S3Store(wrong).head('object'));
      assert.equal(error.reason, 'STORE_NOT_TRUSTED');
      assert.match(error.message, /ALARENA_S3_CA_FILE/);
    }
  });
}

test('mistakes in the settings are named', () => {
  const settings = { endpoint: 'minio:9000', bucket: 'Upper', accessKey: '', secretKey: 'x', prefix: '../a' };
  assert.throws(
    () => new S3Store(settings),
    (error) => {
      assert.ok(error instanceof AppError);
      assert.deepEqual(
        error.violations.map(({ field }) => field),
        ['endpoint', 'bucket', 'prefix', 'accessKey'],
      );
      return true;
    },
  );
});
