// The object store contract's part on content: whole objects, ranges, listing, deletion, keys.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readBytes } from '@alarena/store';
import { expectAppError } from './expect-app-error.js';
import {
  collect,
  type MakeStore,
  openStore,
  read,
  someBytes,
  streamOf,
  text,
} from './object-store-fixture.js';
import { waitFor } from './waiting.js';

export function objectStoreContentContract(name: string, makeStore: MakeStore): void {
  describe(`${name} keeps the object store contract: content`, () => {
    test('gives back what was put, from bytes and from a stream', async (t) => {
      const store = await openStore(t, makeStore);
      const bytes = someBytes(300_000, 'whole');
      const put = await store.put('a/b/object-1_x.bin', bytes);
      assert.equal(put.key, 'a/b/object-1_x.bin');
      assert.equal(put.sizeBytes, bytes.byteLength);
      await store.put('streamed', streamOf(bytes, 70_001));
      assert.deepEqual(await read(store, 'streamed'), bytes);
      const { info, body } = await store.get(put.key);
      assert.deepEqual(info, { ...put, modifiedAt: info.modifiedAt });
      assert.deepEqual(await readBytes(body, info.sizeBytes), bytes);
      assert.deepEqual(await store.head('a/b/object-1_x.bin'), info);
    });

    test('tells when an object was put last', async (t) => {
      const store = await openStore(t, makeStore);
      // A store may round down to a second.
      const second = 1_000;
      const before = Date.now();
      await store.put('object', text('first'));
      const first = await store.head('object');
      const [listed] = await collect(store.list('object'));
      for (const info of [first, listed, (await store.get('object')).info]) {
        const modifiedAt = info?.modifiedAt.getTime() ?? Number.NaN;
        assert.ok(modifiedAt > before - second && modifiedAt <= Date.now(), `${info?.modifiedAt}`);
      }
      // The same content again counts: what refers to it was made just now.
      const isLater = async (): Promise<boolean> => {
        await store.put('object', text('first'));
        const again = await store.head('object');
        assert.ok(first !== undefined && again !== undefined && again.modifiedAt >= first.modifiedAt);
        return again.modifiedAt > first.modifiedAt;
      };
      await waitFor('a later time of the same content', isLater);
    });

    test('holds empty objects', async (t) => {
      const store = await openStore(t, makeStore);
      assert.equal((await store.put('empty', new Uint8Array(0))).sizeBytes, 0);
      await store.put('empty-stream', streamOf(new Uint8Array(0), 1));
      for (const key of ['empty', 'empty-stream']) {
        assert.deepEqual(await read(store, key), new Uint8Array(0));
        assert.equal((await store.head(key))?.sizeBytes, 0);
      }
    });

    test('says not-found for a key that is not there', async (t) => {
      const store = await openStore(t, makeStore);
      await store.put('folder/object', text('x'));
      await expectAppError('not-found', store.get('folder/other'));
      await expectAppError('not-found', store.get('folder'));
      assert.equal(await store.head('folder/other'), undefined);
      assert.equal(await store.head('folder'), undefined);
    });

    test('reads ranges, cut at the end of the object', async (t) => {
      const store = await openStore(t, makeStore);
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
        assert.deepEqual(got.info, { ...info, modifiedAt: got.info.modifiedAt });
        assert.deepEqual(await readBytes(got.body, length), bytes.slice(offset, offset + length));
      }
    });

    test('refuses ranges that hold nothing', async (t) => {
      const store = await openStore(t, makeStore);
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

    test('lists by prefix, in order of the keys', async (t) => {
      const store = await openStore(t, makeStore);
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
      const store = await openStore(t, makeStore);
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
      const store = await openStore(t, makeStore);
      await store.put('a/b/c', text('x'));
      await store.delete('a/b/c');
      await store.put('a/b', text('y'));
      assert.deepEqual(await read(store, 'a/b'), text('y'));
    });

    test('refuses keys that some store could not hold', async (t) => {
      const store = await openStore(t, makeStore);
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
  });
}
