import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { deflateSync } from 'node:zlib';
import { AppError, namedRandom, sha256Hex } from '@alarena/core';
import { blobKey, readBytes } from '@alarena/store';
import { findDataset, publishDataset } from './catalogue.js';
import { CountingStore } from './counting-store.fixture.js';
import { type Home, withHome } from './fixtures.js';
import { type DatasetManifest, digestOf, storedBytesOf } from './manifest.js';
import { picturesFor, writePictures } from './pieces.fixture.js';
import { openDataset } from './reader.js';

const isError = (code: string, text: RegExp) => (error: unknown) =>
  error instanceof AppError && error.code === code && text.test(error.message);

function draw(count: number, samples: number, seed: number): number[] {
  const random = namedRandom('pieces', seed);
  return Array.from({ length: count }, () => random.below(samples));
}

/** Bytes on disk, links of one file once. */
async function heldBytes(folder: string): Promise<number> {
  const held = new Map<number, number>();
  for (const name of await readdir(folder)) {
    const { ino, blocks } = await stat(join(folder, name));
    held.set(ino, blocks * 512);
  }
  return [...held.values()].reduce((sum, bytes) => sum + bytes, 0);
}

async function overwrite(path: string, offset: number, length: number): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(Buffer.alloc(length, 7), 0, length, offset);
  await file.close();
}

/** Runs `use` with the data set in a store that is written once, and a cache folder of its own. */
function sharedDataset(samples: number, shardSamples: number) {
  let ended = (): void => undefined;
  let running: Promise<void>;
  let shared: { readonly home: Home; readonly manifest: DatasetManifest };
  let caches = 0;
  before(async () => {
    await new Promise<void>((written, failed) => {
      running = withHome(async (home) => {
        shared = { home, manifest: await writePictures(home, samples, shardSamples) };
        written();
        await new Promise<void>((resolve) => {
          ended = resolve;
        });
      });
      running.catch(failed);
    });
  });
  after(async () => {
    ended();
    await running;
  });
  return () => {
    const { home, manifest } = shared;
    const cacheFolder = join(home.folder, `cache-${caches++}`);
    return { home, manifest, cacheFolder, store: new CountingStore(home.store) };
  };
}

describe('a data set of 200 MB', () => {
  const samples = 16_384;
  const open = sharedDataset(samples, 2048);

  test('gives 1,000 random samples for a small part of its bytes, and again for none', async () => {
    const { manifest, store, cacheFolder } = open();
    const stored = storedBytesOf(manifest);
    assert.ok(manifest.shards.length === 8 && stored > 100e6);
    const reader = openDataset(store, manifest, { cacheFolder });
    const few = draw(100, samples, 0);
    assert.deepEqual(await reader.read(few), picturesFor(few));
    const first = store.take();
    assert.ok(first.bytes < 0.04 * stored, `${first.bytes} of ${stored} bytes`);
    assert.ok(first.requests <= 100 + 8);
    const many = draw(1000, samples, 1);
    assert.deepEqual(await reader.read(many), picturesFor(many));
    const second = store.take();
    assert.ok(second.bytes < 0.35 * stored, `${second.bytes} of ${stored} bytes`);
    assert.ok((await heldBytes(cacheFolder)) < 0.4 * stored);
    assert.deepEqual(await openDataset(store, manifest, { cacheFolder }).read(many), picturesFor(many));
    assert.deepEqual(store.take(), { requests: 0, bytes: 0 });
  });
});

describe('shards read in pieces', () => {
  const samples = 2000;
  const shardSamples = 500;
  const open = sharedDataset(samples, shardSamples);

  test('have an index that survives the catalogue and is not part of the digest', async () => {
    const { home, manifest } = open();
    assert.ok(manifest.shards.every(({ index }) => index?.chunkSamples === 4));
    assert.deepEqual(await findDataset(home.store, 'pictures'), manifest);
    const plain = manifest.shards.map(({ index, ...shard }) => shard);
    assert.equal(digestOf({ ...manifest, shards: plain }), manifest.digest);
  });

  test('are fetched whole, once, where most is wanted or there is no index', async () => {
    const { manifest, store, cacheFolder } = open();
    const [shard] = manifest.shards;
    assert.ok(shard);
    const ids = Array.from({ length: shardSamples }, (_, id) => id);
    const reader = openDataset(store, manifest, { cacheFolder });
    assert.deepEqual(await reader.read(ids), picturesFor(ids));
    assert.deepEqual(store.take(), { requests: 1, bytes: shard.sizeBytes });
    const shards = manifest.shards.map(({ index, ...plain }) => plain);
    const old = { ...manifest, shards };
    await publishDataset(store, { ...old, name: 'old' });
    const oldReader = openDataset(store, old, { cacheFolder: `${cacheFolder}-old` });
    assert.deepEqual(await oldReader.read([3]), picturesFor([3]));
    assert.deepEqual(store.take(), { requests: 1, bytes: shard.sizeBytes });
    await publishDataset(store, manifest);
  });

  test('go from pieces to whole when most of the rest is wanted', async () => {
    const { manifest, store, cacheFolder } = open();
    const reader = openDataset(store, manifest, { cacheFolder });
    await reader.read([0, 250]);
    assert.deepEqual(await readdir(cacheFolder), [`${manifest.shards[0]?.digest}.pieces`]);
    const ids = Array.from({ length: shardSamples }, (_, id) => id);
    assert.deepEqual(await reader.read(ids), picturesFor(ids));
    assert.deepEqual(await readdir(cacheFolder), [`${manifest.shards[0]?.digest}.h5`]);
  });

  test('fetch a chunk once for readers at the same time', async () => {
    const { manifest, store, cacheFolder } = open();
    const ids = [0, 600, 1999];
    const reads = [1, 2, 3].map(() => openDataset(store, manifest, { cacheFolder }).read(ids));
    for (const read of await Promise.all(reads)) assert.deepEqual(read, picturesFor(ids));
    assert.equal(store.take().requests, 6);
  });

  test('are fetched again where a local piece is damaged, and only there', async () => {
    const { manifest, store, cacheFolder } = open();
    const ids = [0, 100, 400];
    const reader = openDataset(store, manifest, { cacheFolder });
    await reader.read(ids);
    store.take();
    const shard = manifest.shards[0];
    assert.ok(shard?.index);
    const file = join(cacheFolder, `${shard.digest}.pieces`);
    await overwrite(file, 20_000, 100);
    assert.deepEqual(await reader.read(ids), picturesFor(ids));
    const repaired = store.take();
    assert.ok(repaired.requests === 1 && repaired.bytes < 60_000, JSON.stringify(repaired));
    await overwrite(file, shard.sizeBytes + 10, 100);
    assert.deepEqual(await reader.read(ids), picturesFor(ids));
    assert.equal(store.take().requests, 4);
    await overwrite(file, 0, 600);
    assert.deepEqual(await reader.read(ids), picturesFor(ids));
    assert.deepEqual(store.take(), { requests: 1, bytes: shard.sizeBytes });
  });

  test('are kept within the limit of the cache', async () => {
    const { manifest, store, cacheFolder } = open();
    const cacheBytes = 3_000_000;
    const reader = openDataset(store, manifest, { cacheFolder, cacheBytes });
    for (let pass = 0; pass < 15; pass++) {
      const ids = draw(30, samples, pass);
      assert.deepEqual(await reader.read(ids), picturesFor(ids));
      assert.ok((await heldBytes(cacheFolder)) <= cacheBytes);
    }
  });

  test('stop being fetched when the read is cancelled', async () => {
    const { manifest, store, cacheFolder } = open();
    const controller = new AbortController();
    const reader = openDataset(store, manifest, { cacheFolder });
    const read = reader.read(draw(200, samples, 3), { signal: controller.signal });
    controller.abort();
    await assert.rejects(read, isError('cancelled', /./));
    assert.deepEqual(
      (await readdir(cacheFolder).catch(() => [])).filter((name) => !name.endsWith('.pieces')),
      [],
    );
  });

  test('are shared by processes, of which some are killed', async () => {
    const { home, manifest, cacheFolder } = open();
    const program = fileURLToPath(new URL('./pieces-process.fixture.js', import.meta.url));
    const cacheBytes = 2 * Math.max(...manifest.shards.map((shard) => shard.sizeBytes));
    const args = (passes: number, seed: number): string[] =>
      [program, home.store.root, cacheFolder, cacheBytes, passes, seed].map(String);
    const killed: ChildProcess[] = [1, 2].map((seed) => spawn(process.execPath, args(1000, seed)));
    try {
      const runs = [10, 10].map((seed) => promisify(execFile)(process.execPath, args(12, seed)));
      for (const child of killed) if (child.stdout) await once(child.stdout, 'data');
      for (const child of killed) child.kill('SIGKILL');
      for (const { stdout } of await Promise.all(runs)) {
        const lines = stdout.trim().split('\n').slice(0, -1);
        assert.equal(lines.length, 12);
        for (const line of lines) {
          const [ids = '', digest] = line.split(' ');
          assert.equal(digest, sha256Hex(picturesFor(ids.split(',').map(Number)).images));
        }
      }
    } finally {
      for (const child of killed) child.kill('SIGKILL');
    }
  });
});

describe('a shard damaged in the store', () => {
  test('is lost only to readers of the damaged chunk, and its missing index costs only bytes', async () => {
    await withHome(async (home) => {
      const manifest = await writePictures(home, 400, 400);
      const [shard] = manifest.shards;
      assert.ok(shard?.index);
      const read = (ids: number[], name: string) =>
        openDataset(home.store, manifest, { cacheFolder: join(home.folder, name) }).read(ids);
      const { body } = await home.store.get(blobKey(shard.digest));
      const bytes = Buffer.from(await readBytes(body, shard.sizeBytes));
      const intact = Uint8Array.from(bytes);
      // Other pixels, zipped as they should be: only the digest tells.
      bytes.set(deflateSync(Buffer.alloc(4 * 64 * 64 * 3, 5)), bytes.indexOf(Buffer.from([0x78, 0x5e])));
      await home.store.put(blobKey(shard.digest), bytes);
      assert.deepEqual(await read([200], 'a'), picturesFor([200]));
      await assert.rejects(read([0], 'a'), isError('data-loss', new RegExp(`${shard.digest}.*corrupt`)));
      await home.store.put(blobKey(shard.digest), bytes.subarray(0, 100_000));
      await assert.rejects(read([399], 'b'), isError('data-loss', /corrupt/));
      await home.store.delete(blobKey(shard.digest));
      await assert.rejects(read([300], 'a'), isError('data-loss', /missing/));
      assert.deepEqual(await read([200], 'a'), picturesFor([200]));
      await home.store.put(blobKey(shard.digest), intact);
      await home.store.put(`datasets/shard-indexes/${shard.index.digest}`, Buffer.from('damaged'));
      assert.deepEqual(await read([300], 'c'), picturesFor([300]));
      await home.store.delete(`datasets/shard-indexes/${shard.index.digest}`);
      assert.deepEqual(await read([300], 'd'), picturesFor([300]));
      await rm(join(home.folder, 'd'), { recursive: true });
    });
  });
});
