// The promises of the ObjectStore port as tests. An adapter that passes them can stand in for any other.

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { namedRandom } from '@alarena/core';
import { type ObjectInfo, type ObjectStore, readBytes } from '@alarena/store';
import { expectAppError } from './expect-app-error.js';

export interface StoreUnderTest {
  /** Empty. */
  readonly store: ObjectStore;
  dispose(): Promise<void>;
}

const mebibyte = 1 << 20;

export function objectStoreContract(name: string, makeStore: () => Promise<StoreUnderTest>): void {
  const open = async (t: TestContext): Promise<ObjectStore> => {
    const { store, dispose } = await makeStore();
    t.after(dispose);
    return store;
  };

  describe(`${name} keeps the object store contract`, () => {
    test('gives back what was put, from bytes and from a stream', async (t) => {
      const store = await open(t);
      const bytes = someBytes(300_000, 'whole');
      const put = await store.put('a/b/object-1_x.bin', bytes);
      assert.equal(put.key, 'a/b/object-1_x.bin');
      assert.equal(put.sizeBytes, bytes.byteLength);
      assert.deepEqual(await read(store, put.key), bytes);
      await store.put('streamed', streamOf(bytes, 70_001));
      assert.deepEqual(await read(store, 'streamed'), bytes);
      assert.deepEqual((await store.get('a/b/object-1_x.bin')).info, put);
      assert.deepEqual(await store.head('a/b/object-1_x.bin'), put);
    });

    test('holds empty objects', async (t) => {
      const store = await open(t);
      assert.equal((await store.put('empty', new Uint8Array(0))).sizeBytes, 0);
      await store.put('empty-stream', streamOf(new Uint8Array(0), 1));
      for (const key of ['empty', 'empty-stream']) {
        assert.deepEqual(await read(store, key), new Uint8Array(0));
        assert.equal((await store.head(key))?.sizeBytes, 0);
      }
    });

    test('says not-found for a key that is not there', async (t) => {
      const store = await open(t);
      await store.put('folder/object', text('x'));
      await expectAppError('not-found', store.get('folder/other'));
      await expectAppError('not-found', store.get('folder'));
      assert.equal(await store.head('folder/other'), undefined);
      assert.equal(await store.head('folder'), undefined);
    });

    test('reads ranges, cut at the end of the object', async (t) => {
      const store = await open(t);
      const bytes = someBytes(600_000, 'ranges');
      const info = await store.put('object', bytes);
      for (const [offset, length] of [
        [0, 1],
        [0, 600_000],
        [1, 300_000],
        [599_999, 1],
        [599_990, 100],
        [0, 700_000],
      ] as const) {
        const got = await store.get('object', { range: { offset, length } });
        assert.deepEqual(got.info, info);
        assert.deepEqual(await readBytes(got.body, length), bytes.slice(offset, offset + length));
      }
    });

    test('refuses ranges that hold nothing', async (t) => {
      const store = await open(t);
      await store.put('object', text('12345'));
      await store.put('empty', text(''));
      for (const [key, offset, length] of [
        ['object', 5, 1],
        ['object', 6, 1],
        ['empty', 0, 1],
        ['object', -1, 1],
        ['object', 0, 0],
        ['object', 0.5, 1],
        ['object', 0, Number.NaN],
      ] as const) {
        const error = await expectAppError('invalid-argument', store.get(key, { range: { offset, length } }));
        assert.match(error.violations[0]?.field ?? '', /^range\.(offset|length)$/);
      }
    });

    test('lets exactly one of many first puts win', async (t) => {
      const store = await open(t);
      const puts = Array.from({ length: 50 }, (_, i) =>
        store.put('race', text(`writer ${i}`), { ifNoneMatch: '*' }).then(() => i),
      );
      const outcomes = await Promise.allSettled(puts);
      const winners = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
      assert.equal(winners.length, 1);
      for (const put of puts)
        await put.catch((error) => expectAppError('already-exists', Promise.reject(error)));
      assert.deepEqual(await read(store, 'race'), text(`writer ${winners[0]}`));
    });

    test('keeps what exists from a first put, until it is deleted', async (t) => {
      const store = await open(t);
      await store.put('object', text('first'));
      await expectAppError('already-exists', store.put('object', text('second'), { ifNoneMatch: '*' }));
      assert.deepEqual(await read(store, 'object'), text('first'));
      await store.delete('object');
      await store.put('object', text('second'), { ifNoneMatch: '*' });
      assert.deepEqual(await read(store, 'object'), text('second'));
    });

    test('replaces only the version named by ifMatch', async (t) => {
      const store = await open(t);
      const first = await store.put('object', text('first'));
      const second = await store.put('object', text('second'), { ifMatch: first.etag });
      assert.notEqual(second.etag, first.etag);
      await expectAppError('aborted', store.put('object', text('third'), { ifMatch: first.etag }));
      assert.deepEqual(await read(store, 'object'), text('second'));
      await expectAppError('aborted', store.put('absent', text('x'), { ifMatch: first.etag }));
      assert.equal(await store.head('absent'), undefined);
      await expectAppError(
        'invalid-argument',
        store.put('object', text('x'), { ifMatch: second.etag, ifNoneMatch: '*' }),
      );
    });

    test('lets exactly one of many replacements of a version win', async (t) => {
      const store = await open(t);
      const { etag } = await store.put('object', text('start'));
      const outcomes = await Promise.allSettled(
        Array.from({ length: 20 }, (_, i) => store.put('object', text(`writer ${i}`), { ifMatch: etag })),
      );
      assert.equal(outcomes.filter((outcome) => outcome.status === 'fulfilled').length, 1);
    });

    test('loses no increment made by compare and swap', async (t) => {
      const store = await open(t);
      await store.put('counter', text('0'));
      const increment = async (): Promise<void> => {
        while (true) {
          const { info, body } = await store.get('counter');
          const value = Number(Buffer.from(await readBytes(body, info.sizeBytes)).toString());
          try {
            await store.put('counter', text(String(value + 1)), { ifMatch: info.etag });
            return;
          } catch (error) {
            await expectAppError('aborted', Promise.reject(error));
          }
        }
      };
      await Promise.all(Array.from({ length: 8 }, increment));
      assert.deepEqual(await read(store, 'counter'), text('8'));
    });

    test('keeps the etag of an object until its content changes', async (t) => {
      const store = await open(t);
      const { etag } = await store.put('object', text('one'));
      await store.put('other', text('two'));
      assert.equal((await store.head('object'))?.etag, etag);
      const [listed] = await collect(store.list('object'));
      assert.equal(listed?.etag, etag);
      assert.notEqual((await store.put('object', text('two'))).etag, etag);
    });

    test('lists by prefix, in order of the keys', async (t) => {
      const store = await open(t);
      const keys = [
        'a-b',
        'a.b',
        'a/b',
        'a/b.c',
        'a0',
        'a/c/d',
        'a/c-d',
        'A',
        'b/a/1',
        'b/a/10',
        'b/a/2',
        '_x',
      ];
      for (const key of keys) await store.put(key, text(key));
      const listed = async (prefix: string): Promise<string[]> =>
        (await collect(store.list(prefix))).map((info) => info.key);
      const sorted = [...keys].sort((a, b) => (a < b ? -1 : 1));
      assert.deepEqual(await listed(''), sorted);
      for (const prefix of ['a', 'a/', 'a/c', 'a/c/', 'b/a/1', 'b/', 'none', 'a/b/c']) {
        assert.deepEqual(
          await listed(prefix),
          sorted.filter((key) => key.startsWith(prefix)),
          prefix,
        );
      }
      const [info] = await collect(store.list('b/a/10'));
      assert.equal(info?.sizeBytes, 6);
    });

    test('deletes, and again without complaint', async (t) => {
      const store = await open(t);
      await store.put('a/b', text('x'));
      await store.put('a/c', text('x'));
      await store.delete('a/b');
      await store.delete('a/b');
      await store.delete('never/there');
      assert.equal(await store.head('a/b'), undefined);
      assert.deepEqual(
        (await collect(store.list(''))).map((info) => info.key),
        ['a/c'],
      );
    });

    test('frees the name of a folder with its last object', async (t) => {
      const store = await open(t);
      await store.put('a/b/c', text('x'));
      await store.delete('a/b/c');
      await store.put('a/b', text('y'));
      assert.deepEqual(await read(store, 'a/b'), text('y'));
    });

    test('deletes only the version named by ifMatch', async (t) => {
      const store = await open(t);
      const first = await store.put('object', text('first'));
      const second = await store.put('object', text('second'));
      await expectAppError('aborted', store.delete('object', { ifMatch: first.etag }));
      assert.deepEqual(await read(store, 'object'), text('second'));
      await store.delete('object', { ifMatch: second.etag });
      assert.equal(await store.head('object'), undefined);
      await store.delete('object', { ifMatch: second.etag });
    });

    test('refuses keys that some store could not hold', async (t) => {
      const store = await open(t);
      const bad = [
        '',
        '/a',
        'a/',
        'a//b',
        '.',
        '..',
        'a/../b',
        './a',
        'a b',
        'ä',
        'a\\b',
        'a\0',
        'x'.repeat(901),
      ];
      for (const key of bad) {
        const calls = [
          () => store.put(key, text('x')),
          () => store.get(key),
          () => store.head(key),
          () => store.delete(key),
        ];
        for (const call of calls) {
          const error = await expectAppError('invalid-argument', call);
          assert.equal(error.violations[0]?.field, 'key');
        }
      }
      for (const prefix of ['/', '../', 'a/../', 'a b']) {
        await expectAppError('invalid-argument', () => collect(store.list(prefix)));
      }
    });

    test('never shows a reader two versions mixed', async (t) => {
      const store = await open(t);
      const versions = [7, 8, 9].map((fill) => new Uint8Array(mebibyte).fill(fill));
      await store.put('object', versions[0]!);
      let writing = true;
      const writers = versions.map(async (version) => {
        for (let i = 0; i < 5; i++) await store.put('object', version);
      });
      const readers = Array.from({ length: 3 }, async () => {
        while (writing) {
          const bytes = await read(store, 'object');
          assert.equal(bytes.byteLength, mebibyte);
          assert.ok(bytes.every((byte) => byte === bytes[0]));
        }
      });
      await Promise.all(writers);
      writing = false;
      await Promise.all(readers);
    });

    test('streams 64 MiB in and out without holding it', async (t) => {
      const store = await open(t);
      const gauge = memoryGauge();
      const chunks = 64;
      await store.put(
        'large',
        (async function* () {
          for (let i = 0; i < chunks; i++) {
            gauge.sample(i);
            yield new Uint8Array(mebibyte).fill(i);
          }
        })(),
      );
      let sizeBytes = 0;
      for await (const chunk of (await store.get('large')).body) {
        gauge.sample(Math.floor(sizeBytes / mebibyte));
        assert.equal(chunk[0], Math.floor(sizeBytes / mebibyte));
        sizeBytes += chunk.byteLength;
      }
      assert.equal(sizeBytes, chunks * mebibyte);
      assert.ok(gauge.peakBytes() < 24 * mebibyte, `held ${gauge.peakBytes()} bytes`);
    });

    test('leaves everything as it was when the body fails', async (t) => {
      const store = await open(t);
      await store.put('object', text('before'));
      const failing = async function* (): AsyncGenerator<Uint8Array> {
        yield new Uint8Array(mebibyte);
        throw new RangeError('the source broke');
      };
      await assert.rejects(store.put('object', failing()), /the source broke/);
      await assert.rejects(store.put('new', failing()), /the source broke/);
      assert.deepEqual(await read(store, 'object'), text('before'));
      assert.equal(await store.head('new'), undefined);
    });

    test('stops on abort, even when the body is stuck', async (t) => {
      const store = await open(t);
      const controller = new AbortController();
      const stuck = async function* (): AsyncGenerator<Uint8Array> {
        yield new Uint8Array(10);
        controller.abort();
        await new Promise(() => {});
      };
      await expectAppError('cancelled', store.put('object', stuck(), { signal: controller.signal }));
      assert.equal(await store.head('object'), undefined);
      await expectAppError('cancelled', store.put('object', text('x'), { signal: AbortSignal.abort() }));
      await store.put('object', someBytes(4 * mebibyte, 'abort'));
      const reading = new AbortController();
      const { body } = await store.get('object', { signal: reading.signal });
      await expectAppError('cancelled', async () => {
        for await (const _ of body) reading.abort();
      });
    });

    test('lets a reader leave early', async (t) => {
      const store = await open(t);
      await store.put('object', someBytes(4 * mebibyte, 'early'));
      for (let i = 0; i < 50; i++) {
        for await (const chunk of (await store.get('object')).body) {
          assert.ok(chunk.byteLength > 0);
          break;
        }
        const { body } = await store.get('object');
        await body[Symbol.asyncIterator]().return?.();
      }
      await store.delete('object');
    });
  });
}

async function read(store: ObjectStore, key: string): Promise<Uint8Array> {
  const { info, body } = await store.get(key);
  return await readBytes(body, info.sizeBytes);
}

async function collect(infos: AsyncIterable<ObjectInfo>): Promise<ObjectInfo[]> {
  const all: ObjectInfo[] = [];
  for await (const info of infos) all.push(info);
  return all;
}

function text(content: string): Uint8Array {
  return new TextEncoder().encode(content);
}

function someBytes(length: number, name: string): Uint8Array {
  const random = namedRandom('object-store-contract', name);
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = random.uint32();
  return bytes;
}

async function* streamOf(bytes: Uint8Array, chunkBytes: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.byteLength; start += chunkBytes) {
    yield bytes.slice(start, start + chunkBytes);
  }
}

/** Live bytes in buffers above the start, looked at after a collection at every eighth step. */
function memoryGauge(): { sample(step: number): void; peakBytes(): number } {
  setFlagsFromString('--expose-gc');
  const collectGarbage: unknown = runInNewContext('gc');
  assert.ok(typeof collectGarbage === 'function');
  collectGarbage();
  const start = process.memoryUsage().arrayBuffers;
  let peak = 0;
  let last = -1;
  return {
    sample: (step) => {
      if (step % 8 !== 0 || step === last) return;
      last = step;
      collectGarbage();
      peak = Math.max(peak, process.memoryUsage().arrayBuffers - start);
    },
    peakBytes: () => peak,
  };
}
