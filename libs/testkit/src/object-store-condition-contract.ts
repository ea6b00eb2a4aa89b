// The object store contract's part on conditional puts and deletes, and the etags they go by.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readBytes } from '@alarena/store';
import { expectAppError } from './expect-app-error.js';
import { collect, type MakeStore, openStore, read, text } from './object-store-fixture.js';

export function objectStoreConditionContract(name: string, makeStore: MakeStore): void {
  describe(`${name} keeps the object store contract: conditions`, () => {
    test('lets exactly one of many first puts win', async (t) => {
      const store = await openStore(t, makeStore);
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
      const store = await openStore(t, makeStore);
      await store.put('object', text('first'));
      await expectAppError('already-exists', store.put('object', text('second'), { ifNoneMatch: '*' }));
      assert.deepEqual(await read(store, 'object'), text('first'));
      await store.delete('object');
      await store.put('object', text('second'), { ifNoneMatch: '*' });
      assert.deepEqual(await read(store, 'object'), text('second'));
    });

    test('replaces only the version named by ifMatch', async (t) => {
      const store = await openStore(t, makeStore);
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
      const store = await openStore(t, makeStore);
      const { etag } = await store.put('object', text('start'));
      const outcomes = await Promise.allSettled(
        Array.from({ length: 20 }, (_, i) => store.put('object', text(`writer ${i}`), { ifMatch: etag })),
      );
      assert.equal(outcomes.filter((outcome) => outcome.status === 'fulfilled').length, 1);
    });

    test('loses no increment made by compare and swap', async (t) => {
      const store = await openStore(t, makeStore);
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
      const store = await openStore(t, makeStore);
      const { etag } = await store.put('object', text('one'));
      await store.put('other', text('two'));
      assert.equal((await store.head('object'))?.etag, etag);
      const [listed] = await collect(store.list('object'));
      assert.equal(listed?.etag, etag);
      assert.notEqual((await store.put('object', text('two'))).etag, etag);
    });

    test('deletes only the version named by ifMatch', async (t) => {
      const store = await openStore(t, makeStore);
      const first = await store.put('object', text('first'));
      const second = await store.put('object', text('second'));
      await expectAppError('aborted', store.delete('object', { ifMatch: first.etag }));
      assert.deepEqual(await read(store, 'object'), text('second'));
      await store.delete('object', { ifMatch: second.etag });
      assert.equal(await store.head('object'), undefined);
      await store.delete('object', { ifMatch: second.etag });
    });

    test('leaves nothing to be seen of an object deleted by ifMatch', async (t) => {
      const store = await openStore(t, makeStore);
      const { etag } = await store.put('object', text('gone'));
      await store.delete('object', { ifMatch: etag });
      await expectAppError('not-found', store.get('object'));
      await expectAppError('not-found', store.get('object', { range: { offset: 0, length: 1 } }));
      await expectAppError('not-found', store.get('object', { range: { offset: 1_000, length: 1 } }));
      assert.deepEqual(await collect(store.list('')), []);
      await expectAppError('aborted', store.put('object', text('x'), { ifMatch: etag }));
      const firsts = [1, 2, 3].map((i) => store.put('object', text(`first ${i}`), { ifNoneMatch: '*' }));
      const outcomes = await Promise.allSettled(firsts);
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
      assert.equal((await collect(store.list(''))).length, 1);
    });

    test('deletes nothing that was put meanwhile', async (t) => {
      const store = await openStore(t, makeStore);
      const { etag } = await store.put('object', text('start'));
      const puts = [0, 1, 2, 3].map((i) =>
        store.put('object', text(`writer ${i}`), { ifMatch: etag }).then(() => i),
      );
      const deletes = [0, 1, 2, 3].map(() => store.delete('object', { ifMatch: etag }));
      const [outcomes] = await Promise.all([Promise.allSettled(puts), Promise.allSettled(deletes)]);
      const winners = outcomes.flatMap((put) => (put.status === 'fulfilled' ? [put.value] : []));
      assert.ok(winners.length <= 1);
      if (winners.length === 0) assert.equal(await store.head('object'), undefined);
      else assert.deepEqual(await read(store, 'object'), text(`writer ${winners[0]}`));
    });
  });
}
