import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { sha256Hex } from '@alarena/core';
import { readBytes } from './bytes.js';
import { fileError } from './file-errors.js';
import { FilesystemStore } from './filesystem-store.js';
import { newOwnedName } from './owner.js';

async function openRoot(t: TestContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'alarena-test-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  return root;
}

async function read(store: FilesystemStore, key: string): Promise<string> {
  const { info, body } = await store.get(key);
  return Buffer.from(await readBytes(body, info.sizeBytes)).toString();
}

async function keysOf(store: FilesystemStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list('')) keys.push(key);
  return keys;
}

const bytes = (text: string): Uint8Array => Buffer.from(text);

/** A name as a process would give it that does not run any more. */
function nameOfTheDead(): string {
  const script = `import('${new URL('./owner.js', import.meta.url).href}').then((m) => console.log(m.newOwnedName()))`;
  return execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }).trim();
}

describe('the filesystem store', () => {
  test('finds what an earlier process stored, with the same etags', async (t) => {
    const root = await openRoot(t);
    const put = await new FilesystemStore(root).put('a/b', bytes('content'));
    const found = await new FilesystemStore(root).head('a/b');
    assert.deepEqual(found, { ...put, modifiedAt: found?.modifiedAt });
  });

  test('can be read while it does not exist yet, and makes nothing then', async (t) => {
    const root = join(await openRoot(t), 'later');
    const store = new FilesystemStore(root);
    assert.equal(await store.head('a'), undefined);
    assert.deepEqual(await keysOf(store), []);
    await store.delete('a');
    await assert.rejects(readdir(root), { code: 'ENOENT' });
  });

  test('notices a flipped bit and a cut file, and lists them as damaged', async (t) => {
    const root = await openRoot(t);
    const store = new FilesystemStore(root);
    const large = new Uint8Array(3_000_000).fill(1);
    await store.put('large', large);
    await store.put('small', bytes('some content'));
    for (const [key, at] of [
      ['large', 2_999_999],
      ['small', 0],
    ] as const) {
      const path = join(root, 'objects', key);
      const stored = await readFile(path);
      stored[at] = stored[at]! ^ 4;
      await writeFile(path, stored);
      await assert.rejects(read(store, key), {
        code: 'data-loss',
        reason: 'STORE_OBJECT_DAMAGED',
        facts: { key, path },
      });
      await truncate(path, stored.byteLength - 1);
      await assert.rejects(store.get(key), { code: 'data-loss' });
      await assert.rejects(store.head(key), { code: 'data-loss' });
      await assert.rejects(store.put(key, bytes('x'), { ifNoneMatch: '*' }), { code: 'already-exists' });
    }
    for await (const { etag } of store.list('')) assert.equal(etag, 'damaged');
    await store.put('large', bytes('new'));
    assert.equal(await read(store, 'large'), 'new');
    await store.delete('small');
    assert.equal(await store.head('small'), undefined);
  });

  test('says which path is in the way when a key is also a folder', async (t) => {
    const root = await openRoot(t);
    const store = new FilesystemStore(root);
    await store.put('a/b', bytes('x'));
    await store.put('c', bytes('x'));
    for (const options of [{}, { ifNoneMatch: '*' as const }]) {
      for (const key of ['a', 'c/d']) {
        await assert.rejects(store.put(key, bytes('y'), options), {
          code: 'failed-precondition',
          reason: 'STORE_PATH_CONFLICT',
        });
      }
    }
    assert.deepEqual(await keysOf(store), ['a/b', 'c']);
  });

  test('leaves no files behind, whatever the outcome of a put', async (t) => {
    const root = await openRoot(t);
    const store = new FilesystemStore(root);
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      yield bytes('part');
      throw new Error('broken');
    };
    const { etag } = await store.put('a', bytes('x'));
    await store.put('a', bytes('y'), { ifMatch: etag });
    await Promise.allSettled([
      store.put('a', bytes('x'), { ifNoneMatch: '*' }),
      store.put('a', bytes('x'), { ifMatch: etag }),
      store.put('b', failing()),
      store.delete('a', { ifMatch: etag }),
    ]);
    await store.delete('a');
    for (const folder of ['staging', 'locks', 'objects']) {
      assert.deepEqual(await readdir(join(root, folder)), [], folder);
    }
  });

  test('removes what killed processes left in staging, not what live ones write', async (t) => {
    const root = await openRoot(t);
    await mkdir(join(root, 'staging'), { recursive: true });
    const live = newOwnedName();
    for (const name of [live, nameOfTheDead(), nameOfTheDead(), 'elsewhere-1-2-3']) {
      await writeFile(join(root, 'staging', name), 'part');
    }
    await new FilesystemStore(root).put('a', bytes('x'));
    assert.deepEqual((await readdir(join(root, 'staging'))).sort(), [live, 'elsewhere-1-2-3'].sort());
  });

  test('goes on when a process died holding the lock of a key', async (t) => {
    const root = await openRoot(t);
    const store = new FilesystemStore(root);
    const { etag } = await store.put('a', bytes('x'));
    const lock = join(root, 'locks', sha256Hex('a').slice(0, 32));
    const dead = nameOfTheDead();
    await symlink(dead, lock);
    // Another died while removing the lock of the first.
    await symlink(nameOfTheDead(), `${lock}.${dead}`);
    await store.put('a', bytes('y'), { ifMatch: etag });
    assert.equal(await read(store, 'a'), 'y');
    assert.deepEqual(await readdir(join(root, 'locks')), []);
  });

  test('says that a home is read-only, and still reads it', async (t) => {
    const root = await openRoot(t);
    const store = new FilesystemStore(root);
    await store.put('a/b', bytes('x'));
    const folders = ['objects', 'objects/a', 'staging', 'locks'];
    for (const folder of [...folders, '.']) chmodSync(join(root, folder), 0o555);
    // Permissions do not bind the superuser.
    const asRoot = process.getuid?.() === 0;
    if (asRoot) process.seteuid?.(65_534);
    try {
      const readOnly = { code: 'failed-precondition', reason: 'STORE_READ_ONLY' };
      for (const opened of [store, new FilesystemStore(root)]) {
        assert.equal(await read(opened, 'a/b'), 'x');
        await assert.rejects(opened.put('a/c', bytes('y')), readOnly);
        await assert.rejects(opened.put('a/c', bytes('y'), { ifNoneMatch: '*' }), readOnly);
        await assert.rejects(opened.delete('a/b'), readOnly);
      }
      await assert.rejects(new FilesystemStore(join(root, 'new')).put('a', bytes('x')), (error: Error) => {
        assert.match(error.message, /read-only or belongs to another user/);
        return error.message.includes(join(root, 'new'));
      });
    } finally {
      if (asRoot) process.seteuid?.(0);
      for (const folder of ['.', ...folders]) chmodSync(join(root, folder), 0o755);
    }
  });

  test('says that the disk is full, and leaves nothing', async (t) => {
    const root = await openRoot(t);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', root], { stdio: 'ignore' });
    } catch {
      t.skip('needs the right to mount a small file system');
      return;
    }
    try {
      const store = new FilesystemStore(root);
      await store.put('a', bytes('before'));
      for (const options of [{}, { ifNoneMatch: '*' as const }]) {
        await assert.rejects(
          store.put('b', new Uint8Array(3 << 20), options),
          (error: Error & { reason: string }) => {
            assert.equal(error.reason, 'STORE_FULL');
            assert.match(error.message, /full; free some space/);
            return error.message.includes(root);
          },
        );
      }
      assert.equal(await read(store, 'a'), 'before');
      assert.deepEqual(await readdir(join(root, 'staging')), []);
      await store.put('b', bytes('fits'));
    } finally {
      execFileSync('umount', [root]);
    }
  });

  test('a full disk is recognised by what the system says', {
    skip: process.platform !== 'linux',
  }, async () => {
    const refused: unknown = await writeFile('/dev/full', 'x').catch((error: unknown) => error);
    const error = fileError(refused, '/home/of/alarena');
    assert.equal(error.code, 'resource-exhausted');
    assert.equal(error.reason, 'STORE_FULL');
    assert.match(error.message, /the disk of \/home\/of\/alarena is full/);
  });
});
