// Large objects and many objects in S3: parts, what is held in memory, what failed uploads leave, pages of a listing,
// and buckets addressed by host name.

import assert from 'node:assert/strict';
import dns from 'node:dns';
import { after, before, describe, test } from 'node:test';
import { S3Store, type S3StoreSettings } from '@alarena/store';
import { Client } from 'minio';
import { expectAppError } from './expect-app-error.js';
import { collect, mebibyte, memoryGauge, read, text } from './object-store-fixture.js';
import { settingsFor } from './s3-store.fixture.js';
import { type RunningS3, startMinio, startSeaweed } from './servers/s3.js';

/** The size of a part, which is the least that S3 allows. */
const partMebibytes = 5;

// SeaweedFS looks at the condition and puts parts together in two steps: of several at once more than one may succeed.
for (const [name, start, parts, winners] of [
  ['MinIO', startMinio, 30, 1],
  ['SeaweedFS', startSeaweed, 15, 3],
] as const) {
  describe(`an S3 store on ${name}`, () => {
    const endings: (() => unknown)[] = [];
    let settings: S3StoreSettings;
    let store: S3Store;
    let client: Client;
    before(async () => {
      const server = await start();
      endings.push(() => server.stop());
      settings = await settingsFor({ after: (end) => endings.push(end) }, server, 'large');
      store = new S3Store(settings);
      client = clientOf(server);
    });
    after(async () => {
      for (const end of endings) await end();
    });

    test(`puts ${parts * partMebibytes} MiB in ${parts} parts without holding them`, async () => {
      const size = parts * partMebibytes;
      const gauge = memoryGauge();
      const version = await store.put('streamed', mebibytes(size, gauge.sample));
      assert.ok(version.etag.endsWith(`-${parts}`), version.etag);
      assert.equal(version.sizeBytes, size * mebibyte);
      assert.equal((await store.head('streamed'))?.etag, version.etag);
      assert.ok(gauge.peakBytes() < 24 * mebibyte, `held ${gauge.peakBytes()} bytes`);
      const { body } = await store.get('streamed', { range: { offset: 70 * mebibyte - 1, length: 2 } });
      assert.deepEqual(
        (await collect(body)).flatMap((chunk) => [...chunk]),
        [69, 70],
      );
    });

    test('puts up to 64 MiB at once, and more in parts', async () => {
      const bytes = new Uint8Array(64 * mebibyte + 1);
      const whole = await store.put('whole', bytes.subarray(1));
      assert.doesNotMatch(whole.etag, /-/);
      assert.equal((await store.head('whole'))?.sizeBytes, 64 * mebibyte);
      const parted = await store.put('parted', bytes);
      assert.match(parted.etag, /-13$/);
      assert.equal((await store.head('parted'))?.sizeBytes, 64 * mebibyte + 1);
    });

    test('keeps conditions for objects in parts', async () => {
      const body = (fill: number): AsyncIterable<Uint8Array> => mebibytes(partMebibytes + 1, undefined, fill);
      const first = await store.put('conditional', body(1), { ifNoneMatch: '*' });
      await expectAppError('already-exists', store.put('conditional', body(2), { ifNoneMatch: '*' }));
      const second = await store.put('conditional', body(2), { ifMatch: first.etag });
      await expectAppError('aborted', store.put('conditional', body(3), { ifMatch: first.etag }));
      assert.equal((await store.head('conditional'))?.etag, second.etag);
      // Neither sees the other before it is whole.
      const race = [4, 5, 6].map((fill) => store.put('raced', body(fill), { ifNoneMatch: '*' }));
      const outcomes = await Promise.allSettled(race);
      const won = outcomes.filter(({ status }) => status === 'fulfilled').length;
      assert.ok(won >= 1 && won <= winners, `${won} have put it`);
      // What is there is whole, whoever has put it.
      assert.equal((await read(store, 'raced')).length, (partMebibytes + 1) * mebibyte);
      // A conditional delete leaves something at the key that counts as absent.
      await store.delete('conditional', { ifMatch: second.etag });
      await store.put('conditional', body(7), { ifNoneMatch: '*' });
      assert.equal((await read(store, 'conditional'))[0], 7);
    });

    test('leaves nothing of uploads that fail or are cancelled', async () => {
      const failing = async function* (): AsyncGenerator<Uint8Array> {
        yield* mebibytes(12);
        throw new RangeError('the source broke');
      };
      await assert.rejects(store.put('failed/body', failing()), /the source broke/);
      const controller = new AbortController();
      const cancelling = async function* (): AsyncGenerator<Uint8Array> {
        yield* mebibytes(12);
        controller.abort();
        yield* mebibytes(12);
      };
      await expectAppError(
        'cancelled',
        store.put('failed/cancel', cancelling(), { signal: controller.signal }),
      );
      const first = await store.put('failed/condition', text('x'));
      await store.put('failed/condition', text('y'));
      await expectAppError('aborted', store.put('failed/condition', mebibytes(12), { ifMatch: first.etag }));
      assert.deepEqual(await collect(client.listIncompleteUploads('large', '', true)), []);
      assert.deepEqual(
        (await collect(store.list('failed/'))).map(({ key }) => key),
        ['failed/condition'],
      );
    });

    test('lists several pages, each key once, as it is and in order', async () => {
      const listed = new S3Store({ ...settings, prefix: 'pages/' });
      // Also such as could be taken for numbers.
      const keys = ['0010', '0x10', '1e5', '1e5x/0x1'];
      for (let i = 0; i < 1_100; i++) keys.push(`${i % 3 === 0 ? 'folder-' : 'folder/'}${i}`);
      const queue = [...keys];
      const writer = async (): Promise<void> => {
        for (let key = queue.pop(); key !== undefined; key = queue.pop()) await listed.put(key, text(key));
      };
      await Promise.all(Array.from({ length: 16 }, writer));
      const sorted = [...keys].sort((a, b) => (a < b ? -1 : 1));
      const infos = await collect(listed.list(''));
      assert.deepEqual(
        infos.map(({ key, sizeBytes }) => [key, sizeBytes]),
        sorted.map((key) => [key, key.length]),
      );
      assert.deepEqual(
        (await collect(listed.list('folder/1'))).map(({ key }) => key),
        sorted.filter((key) => key.startsWith('folder/1')),
      );
    });
  });
}

test('a bucket can be a part of the host name', async (t) => {
  const asked: string[] = [];
  t.mock.method(dns, 'lookup', (host: string, _options: unknown, done: (error: Error) => void) => {
    asked.push(host);
    done(Object.assign(new Error('not found'), { code: 'ENOTFOUND' }));
  });
  const settings = { bucket: 'pictures', accessKey: 'a', secretKey: 'b', retries: 0 };
  for (const place of [
    { endpoint: 'http://s3.example:9000', pathStyle: false },
    { endpoint: 'http://s3.example:9000', pathStyle: true },
    { endpoint: 'https://s3.amazonaws.com', region: 'eu-central-1' },
  ]) {
    await expectAppError('unavailable', new S3Store({ ...settings, ...place }).head('object'));
  }
  assert.deepEqual(asked, ['pictures.s3.example', 's3.example', 'pictures.s3.eu-central-1.amazonaws.com']);
});

async function* mebibytes(
  count: number,
  before: (index: number) => void = () => {},
  fill?: number,
): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < count; i++) {
    before(i);
    yield new Uint8Array(mebibyte).fill(fill ?? i);
  }
}

function clientOf({ endpoint, accessKey, secretKey, region }: RunningS3): Client {
  const { hostname, port } = new URL(endpoint);
  return new Client({ endPoint: hostname, port: Number(port), useSSL: false, accessKey, secretKey, region });
}
