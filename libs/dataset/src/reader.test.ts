import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { AppError, sha256Hex } from '@alarena/core';
import { blobKey } from '@alarena/store';
import fc from 'fast-check';
import { samplesFor, withHome, writeSmall } from './fixtures.js';
import { idsOf } from './manifest.js';
import { openDataset } from './reader.js';

async function toArray(body: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return chunks;
}

const isError = (code: string, text: RegExp) => (error: unknown) =>
  error instanceof AppError && error.code === code && text.test(error.message);

describe('reading by id', () => {
  test('gives the samples in the order asked for, from any shard, repeated ones too', async () => {
    await withHome(async (home) => {
      const manifest = await writeSmall(home);
      assert.ok(manifest.shards.length >= 6);
      const reader = openDataset(home.store, manifest, { cacheFolder: home.cache });
      const ids = fc.array(fc.integer({ min: 0, max: 1299 }), { maxLength: 200 });
      await fc.assert(
        fc.asyncProperty(ids, async (wanted) => {
          assert.deepEqual(await reader.read(wanted), samplesFor(wanted));
        }),
        { numRuns: 30 },
      );
      const all = Array.from({ length: 1300 }, (_, i) => 1299 - i);
      assert.deepEqual(await reader.read(Int32Array.from(all)), samplesFor(all));
    });
  });

  test('fetches only the shards it needs', async () => {
    await withHome(async (home) => {
      const manifest = await writeSmall(home);
      const reader = openDataset(home.store, manifest, { cacheFolder: home.cache });
      await reader.read([0, 1299]);
      assert.deepEqual(
        (await readdir(home.cache)).sort(),
        [manifest.shards[0], manifest.shards.at(-1)].map((shard) => `${shard?.digest}.h5`).sort(),
      );
    });
  });

  test('names the first few ids that are not there', async () => {
    await withHome(async (home) => {
      const reader = openDataset(home.store, await writeSmall(home), { cacheFolder: home.cache });
      assert.throws(() => reader.check([5, 1300]), isError('not-found', /no sample 1300;/));
      reader.check([0, 1299]);
      await assert.rejects(
        reader.read([5, 1300, -1, 0.5, 2000, 2001, 2002]),
        isError('not-found', /no sample 1300, -1, 0\.5, 2000, 2001 and 1 more.*train 0 to 999, test 1000/),
      );
    });
  });

  test('stops when it is cancelled', async () => {
    await withHome(async (home) => {
      const reader = openDataset(home.store, await writeSmall(home), { cacheFolder: home.cache });
      await assert.rejects(reader.read([1], { signal: AbortSignal.abort() }), isError('cancelled', /read/));
    });
  });
});

describe('the shard cache', () => {
  test('holds no more than it may, and reading goes on', async () => {
    await withHome(async (home) => {
      const manifest = await writeSmall(home);
      const cacheBytes = Math.max(...manifest.shards.map((shard) => shard.sizeBytes)) * 2;
      const reader = openDataset(home.store, manifest, { cacheFolder: home.cache, cacheBytes });
      const ids = Array.from({ length: 1300 }, (_, i) => i);
      const reads = await Promise.all([reader.read(ids), reader.read(ids), reader.read(ids.toReversed())]);
      assert.deepEqual(reads, [samplesFor(ids), samplesFor(ids), samplesFor(ids.toReversed())]);
      await reader.read([0]);
      await reader.read([600]);
      await reader.read([1200]);
      const sizes = await Promise.all(
        (await readdir(home.cache)).map(async (name) => (await readFile(join(home.cache, name))).length),
      );
      assert.ok(sizes.reduce((sum, size) => sum + size, 0) <= cacheBytes);
    });
  });

  test('replaces a local copy that is truncated, unreadable or gone', async () => {
    await withHome(async (home) => {
      const manifest = await writeSmall(home);
      const reader = openDataset(home.store, manifest, { cacheFolder: home.cache });
      const expected = samplesFor([3, 4]);
      await reader.read([3, 4]);
      const shard = manifest.shards[0];
      assert.ok(shard);
      const file = join(home.cache, `${shard.digest}.h5`);
      await truncate(file, 100);
      assert.deepEqual(await reader.read([3, 4]), expected);
      await writeFile(file, Buffer.alloc(shard.sizeBytes, 7));
      assert.deepEqual(await reader.read([3, 4]), expected);
      const damaged = await readFile(file);
      // The compressed images: HDF5 finds the damage when it inflates them.
      const deflated = damaged.indexOf(Buffer.from([0x78, 0x5e]));
      assert.ok(deflated > 0);
      damaged.fill(7, deflated + 2, deflated + 1000);
      await writeFile(file, damaged);
      assert.deepEqual(await reader.read([3, 4]), expected);
      await rm(file);
      assert.deepEqual(await reader.read([3, 4]), expected);
    });
  });

  test('refuses a shard that is corrupt or missing in the store, by name', async () => {
    await withHome(async (home) => {
      const manifest = await writeSmall(home);
      const [first, second] = manifest.shards;
      assert.ok(first && second);
      const reader = openDataset(home.store, manifest, { cacheFolder: home.cache });
      const { body } = await home.store.get(blobKey(first.digest));
      const bytes = Buffer.concat(await toArray(body));
      bytes[1000] = (bytes[1000] ?? 0) ^ 1;
      await home.store.put(blobKey(first.digest), bytes);
      await assert.rejects(reader.read([0]), isError('data-loss', new RegExp(`${first.digest}.*corrupt`)));
      await home.store.delete(blobKey(second.digest));
      await assert.rejects(reader.read([256]), isError('data-loss', new RegExp(`${second.digest}.*missing`)));
      assert.deepEqual(await readdir(home.cache), []);
      const again = await writeSmall(home);
      assert.equal(again.digest, manifest.digest);
      assert.deepEqual(await reader.read([0, 256]), samplesFor([0, 256]));
    });
  });

  test('may be shared by processes that push out each other’s shards', async () => {
    await withHome(async (home) => {
      const manifest = await writeSmall(home);
      const cacheBytes = Math.max(...manifest.shards.map((shard) => shard.sizeBytes));
      const program = fileURLToPath(new URL('./fixture-process.js', import.meta.url));
      const args = [program, home.store.root, home.cache, String(cacheBytes), '20'];
      const runs = await Promise.all([1, 2].map(() => promisify(execFile)(process.execPath, args)));
      const digests = manifest.splits.map(
        (split) => `${split.name} ${sha256Hex(samplesFor([...idsOf(split)]).images)}\n`,
      );
      for (const { stdout } of runs) assert.equal(stdout, digests.join('').repeat(20));
    });
  });
});
