import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { sha256Hex } from '@alarena/core';
import { type BlobRef, blobKey, deleteBlob, getBlob, openBlob, putBlob } from './blobs.js';
import { readBytes } from './bytes.js';
import { FilesystemStore } from './filesystem-store.js';

async function openStore(
  t: TestContext,
): Promise<{ store: FilesystemStore; pathOf: (ref: BlobRef) => string }> {
  const root = await mkdtemp(join(tmpdir(), 'alarena-test-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  return { store: new FilesystemStore(root), pathOf: ({ digest }) => join(root, 'objects', blobKey(digest)) };
}

async function* inChunks(bytes: Uint8Array, chunkBytes: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.byteLength; start += chunkBytes) {
    yield bytes.subarray(start, start + chunkBytes);
  }
}

const bytes = Uint8Array.from({ length: 700_000 }, (_, i) => (i * 31) >>> 3);

describe('blobs', () => {
  test('are named by their digest, whether they come as bytes or as a stream', async (t) => {
    const { store } = await openStore(t);
    const spoolFolder = await mkdtemp(join(tmpdir(), 'alarena-test-'));
    t.after(() => rm(spoolFolder, { recursive: true, force: true }));
    const ref = await putBlob(store, bytes);
    assert.deepEqual(ref, { digest: sha256Hex(bytes), sizeBytes: bytes.byteLength });
    assert.deepEqual(await getBlob(store, ref), bytes);
    await deleteBlob(store, ref.digest);
    assert.deepEqual(await putBlob(store, inChunks(bytes, 1_001), { spoolFolder }), ref);
    assert.deepEqual(await getBlob(store, ref), bytes);
    assert.deepEqual(await readBytes(await openBlob(store, ref), ref.sizeBytes), bytes);
    assert.deepEqual(await readdir(spoolFolder), []);
    const empty = await putBlob(store, inChunks(new Uint8Array(0), 1), { spoolFolder });
    assert.deepEqual(await getBlob(store, empty), new Uint8Array(0));
  });

  test('are stored once', async (t) => {
    const { store, pathOf } = await openStore(t);
    const ref = await putBlob(store, bytes);
    const before = await readFile(pathOf(ref));
    // A change that keeps the size shows whether the blob was written again.
    before[0] = 255;
    await writeFile(pathOf(ref), before);
    await putBlob(store, bytes);
    const openFiles = await readdir('/dev/fd');
    await putBlob(store, inChunks(bytes, 100_000));
    assert.deepEqual(await readdir('/dev/fd'), openFiles);
    assert.equal((await readFile(pathOf(ref)))[0], 255);
    await putBlob(store, bytes, { rewrite: true });
    assert.deepEqual(await getBlob(store, ref), bytes);
  });

  test('say data-loss, with digest and key, for every kind of damage', async (t) => {
    const { store, pathOf } = await openStore(t);
    const lost = (ref: BlobRef) => ({
      code: 'data-loss',
      reason: 'STORE_BLOB_CORRUPT',
      facts: { digest: ref.digest, key: blobKey(ref.digest) },
    });
    const ref = await putBlob(store, bytes);
    const whole = await readFile(pathOf(ref));
    const damages: ((path: string) => Promise<void>)[] = [
      (path) =>
        writeFile(
          path,
          whole.map((byte, i) => (i === 5 ? byte ^ 1 : byte)),
        ),
      (path) =>
        writeFile(
          path,
          whole.map((byte, i) => (i === bytes.byteLength - 1 ? byte ^ 1 : byte)),
        ),
      (path) => truncate(path, 1_000),
      (path) => truncate(path, 0),
      (path) => writeFile(path, bytes),
    ];
    for (const damage of damages) {
      await damage(pathOf(ref));
      await assert.rejects(getBlob(store, ref), lost(ref));
      await assert.rejects(async () => {
        for await (const _ of await openBlob(store, ref));
      }, lost(ref));
      await putBlob(store, bytes, { rewrite: true });
      assert.deepEqual(await getBlob(store, ref), bytes);
    }
    // A store that does not check: a valid object under another's name.
    await store.put(
      blobKey(ref.digest),
      bytes.map((byte) => byte ^ 1),
    );
    await assert.rejects(getBlob(store, ref), lost(ref));
    await store.put(blobKey(ref.digest), bytes.subarray(1));
    await assert.rejects(getBlob(store, ref), lost(ref));
    await assert.rejects(openBlob(store, ref), lost(ref));
  });

  test('are written again by the next put when they were cut', async (t) => {
    const { store, pathOf } = await openStore(t);
    const ref = await putBlob(store, bytes);
    await truncate(pathOf(ref), 10);
    await putBlob(store, bytes);
    assert.deepEqual(await getBlob(store, ref), bytes);
  });

  test('say not-found when they are gone', async (t) => {
    const { store } = await openStore(t);
    const ref = await putBlob(store, bytes);
    await deleteBlob(store, ref.digest);
    await deleteBlob(store, ref.digest);
    await assert.rejects(getBlob(store, ref), { code: 'not-found' });
    await assert.rejects(getBlob(store, { digest: '../../x', sizeBytes: 1 }), { code: 'invalid-argument' });
  });

  test('leave nothing when their stream fails', async (t) => {
    const { store } = await openStore(t);
    const spoolFolder = await mkdtemp(join(tmpdir(), 'alarena-test-'));
    t.after(() => rm(spoolFolder, { recursive: true, force: true }));
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      yield bytes;
      throw new RangeError('the source broke');
    };
    await assert.rejects(putBlob(store, failing(), { spoolFolder }), /the source broke/);
    assert.deepEqual(await readdir(spoolFolder), []);
    for await (const info of store.list('')) assert.fail(info.key);
  });
});
