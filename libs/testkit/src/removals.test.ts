// Removing garbage beside those who put the same objects again, on real stores.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  beginRemoval,
  blobKey,
  FilesystemStore,
  type ObjectInfo,
  type ObjectStore,
  openObjectStore,
  putBlob,
  storeTime,
} from '@alarena/store';
import { settingsFor } from './s3-store.fixture.js';
import { startMinio } from './servers/s3.js';
import { SkewedStore } from './skewed-store.js';
import { temporaryFolder } from './temporary-folder.js';
import { deferred, waitFor, within } from './waiting.js';

const hourMs = 3_600_000;
const bytes = Buffer.from('named by its content');

async function oldBlob(store: SkewedStore): Promise<ObjectInfo> {
  const { digest } = await putBlob(store, bytes);
  store.age(blobKey(digest), 5 * hourMs);
  const info = await store.head(blobKey(digest));
  assert.ok(info !== undefined);
  return info;
}

function contract(
  name: string,
  open: () => Promise<{ store: ObjectStore; close: () => Promise<void> }>,
): void {
  describe(`removal from ${name}`, () => {
    let opened: Awaited<ReturnType<typeof open>>;
    before(async () => {
      opened = await open();
    });
    after(() => opened.close());

    test('of what is put again just before it is deleted leaves it there', async () => {
      const store = new SkewedStore(opened.store);
      const object = await oldBlob(store);
      const [reached, released] = [deferred(), deferred()];
      let deletions = 0;
      store.skew.beforeDelete = async (key) => {
        if (key !== object.key) return;
        if (++deletions === 2) reached.resolve();
        await released.promise;
      };
      // Two at once, both of which have looked already.
      const removals = [await beginRemoval(store, [object]), await beginRemoval(store, [object])];
      const removing = removals.map(async (removal) => {
        await removal.remove(object);
        await removal.end();
      });
      await within('the deletion', reached.promise);
      let isPut = false;
      const putting = putBlob(store, bytes).then(() => (isPut = true));
      // The put itself has happened; that it is there to stay is not said before the removals are over.
      await waitFor('the put', async () => (await store.head(object.key))!.modifiedAt > object.modifiedAt);
      assert.equal(isPut, false);
      released.resolve();
      await Promise.all([...removing, putting]);
      assert.ok((await store.head(object.key)) !== undefined);
    });

    test('leaves what was put again since it was listed, and takes what was not', async () => {
      const store = new SkewedStore(opened.store);
      const object = await oldBlob(store);
      const removal = await beginRemoval(store, [object]);
      await store.put(object.key, bytes);
      assert.equal(await removal.remove(object), false);
      store.age(object.key, 5 * hourMs);
      assert.equal(await removal.remove((await store.head(object.key)) as ObjectInfo), true);
      assert.equal(await store.head(object.key), undefined);
      await removal.end();
    });

    test('holds up nobody who puts something else', async () => {
      const store = new SkewedStore(opened.store);
      const removal = await beginRemoval(store, [await oldBlob(store)]);
      await within('the put', putBlob(store, Buffer.from('something else')));
      await removal.end();
    });

    test('that was broken off long ago holds up nobody, and is forgotten by the next', async () => {
      const store = new SkewedStore(opened.store);
      const object = await oldBlob(store);
      await beginRemoval(store, [object]);
      for await (const { key } of store.list('upkeep/removing/')) store.age(key, hourMs);
      await within('the put', putBlob(store, bytes));
      const next = await beginRemoval(store, []);
      await next.end();
      for await (const { key } of store.list('upkeep/removing/')) assert.fail(`${key} is left`);
    });
  });

  test(`a blob in ${name} is put again once it is old, whatever the clocks say`, async (t) => {
    const { store: real, close } = await open();
    t.after(close);
    for (const clockMs of [-9 * hourMs, 0, 9 * hourMs]) {
      const store = new SkewedStore(real, { clockMs });
      const offMs = (await storeTime(store)) - Date.now() - clockMs;
      assert.ok(Math.abs(offMs) < 60_000, `the store's time is ${offMs} ms off`);
      const old = await oldBlob(store);
      await putBlob(store, bytes);
      const renewed = await store.head(old.key);
      assert.ok(renewed!.modifiedAt.getTime() - old.modifiedAt.getTime() > 4 * hourMs);
      store.age(old.key, 60_000);
      const young = await store.head(old.key);
      await putBlob(store, bytes);
      assert.deepEqual(await store.head(old.key), young, 'one that is young stays as it is');
    }
  });
}

async function inFolder(): Promise<{ store: ObjectStore; close: () => Promise<void> }> {
  const endings: (() => Promise<void>)[] = [];
  const folder = await temporaryFolder({ after: (end) => endings.push(end) });
  return {
    store: new FilesystemStore(folder),
    close: async () => void (await Promise.all(endings.map((end) => end()))),
  };
}

async function onMinio(): Promise<{ store: ObjectStore; close: () => Promise<void> }> {
  const server = await startMinio();
  const settings = await settingsFor({ after: () => {} }, server, 'removals');
  return { store: openObjectStore({ kind: 's3', ...settings }), close: () => server.stop() };
}

contract('a folder', inFolder);
contract('MinIO', onMinio);
