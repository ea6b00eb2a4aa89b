// Garbage is collected while comparisons and imports go on: by clocks that are off, and in the middle of a submit.

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { type DatasetInput, findDataset, type SampleBatch, writeDataset } from '@alarena/dataset';
import { blobKey, putBlob } from '@alarena/store';
import { collect, type Deferred, deferred, SkewedStore, waitFor, within } from '@alarena/testkit';
import { call, get, statusName, submit, watch } from '../../test-support/calls.js';
import { openInstallation, smallSpec } from '../../test-support/installation.js';
import { leaderOf, openReplicas, type Replica, type Replicas } from '../../test-support/replicas.js';
import { digestsIn } from './needs.js';

const hourMs = 3_600_000;
const { signal } = new AbortController();
const spec = smallSpec({ strategies: ['random'], seeds: [1, 2] });
const unnamed = 'what nothing names';

interface Beside extends Replicas {
  readonly seen: SkewedStore;
  readonly replicas: readonly Replica[];
  readonly leader: Replica;
  /** Something to wait for, which comes when the test ends at the latest. */
  hold(): Deferred<void>;
  /** As if all that is stored had been put hours ago. */
  age(): Promise<void>;
}

async function open(t: TestContext, clockMs = 0): Promise<Beside> {
  let seen: SkewedStore | undefined;
  const home = await openReplicas(undefined, 16, {
    retention: { graceMs: 2 * hourMs },
    seen: (store) => (seen = new SkewedStore(store, { clockMs })),
  });
  const held: Deferred<void>[] = [];
  const hold = (): Deferred<void> => {
    const opened = deferred();
    held.push(opened);
    return opened;
  };
  t.after(async () => {
    for (const { resolve } of held) resolve();
    await home.close();
  });
  assert.ok(seen !== undefined);
  const store = seen;
  const replicas = [await home.startReplica(), await home.startReplica()];
  const { leader } = await leaderOf(replicas);
  const age = async (): Promise<void> => {
    for await (const { key } of store.list('')) if (!key.startsWith('upkeep/')) store.age(key, 5 * hourMs);
  };
  return { ...home, seen: store, replicas, leader, hold, age };
}

async function blobs({ seen }: Beside): Promise<string[]> {
  return (await collect(seen.list('blobs/'))).map(({ key }) => key);
}

/** Every list and array that a result names is there. */
async function assertWhole(home: Beside): Promise<void> {
  const present = new Set(await blobs(home));
  for await (const { key } of home.store.list('results/')) {
    const chunks = await collect((await home.store.get(key)).body);
    const { inputs, result } = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    for (const digest of digestsIn([inputs, result])) {
      assert.ok(present.has(blobKey(digest)), `${key} names a blob that is gone`);
    }
  }
}

/** Fits begin when they are let; `waiting` counts those that would. */
function gate(home: Beside): { pass: () => Promise<void>; release: () => void; waiting: () => number } {
  const opened = home.hold();
  let waiting = 0;
  return {
    pass: async () => {
      waiting++;
      await opened.promise;
    },
    release: () => opened.resolve(),
    waiting: () => waiting,
  };
}

describe('a collection beside a comparison', () => {
  test('takes garbage of others, and nothing that a waiting task needs', async (t) => {
    const home = await open(t);
    const fits = gate(home);
    await home.startWorkers(8, fits.pass);
    const { client, orchestrator } = home.leader;
    const { id } = await submit(client, spec);
    await waitFor('fits in work', () => fits.waiting() === 2);
    const needed = await blobs(home);
    const orphan = await putBlob(home.seen, Buffer.from('of a task that was given up'));
    await home.age();
    const { removed } = await orchestrator.collectGarbage(false, signal);
    assert.deepEqual(removed, [{ reason: unnamed, objects: 1, bytes: orphan.sizeBytes }]);
    assert.deepEqual(await blobs(home), needed);
    fits.release();
    await watch(client, id);
    assert.equal(statusName((await get(client, id)).status), 'done');
    await assertWhole(home);
  });

  test('goes by the clock of the store', async (t) => {
    for (const clockMs of [-9 * hourMs, 9 * hourMs]) {
      const home = await open(t, clockMs);
      const { orchestrator } = home.leader;
      const { digest } = await putBlob(home.seen, Buffer.from('young'));
      assert.deepEqual((await orchestrator.collectGarbage(false, signal)).removed, []);
      home.seen.age(blobKey(digest), 3 * hourMs);
      const { removed } = await orchestrator.collectGarbage(false, signal);
      assert.deepEqual(
        removed.map(({ reason }) => reason),
        [unnamed],
      );
    }
  });

  test('and another one, each interrupted by a resume and a submit, lose nothing', async (t) => {
    const home = await open(t);
    const fits = gate(home);
    await home.startWorkers(8, fits.pass);
    const { client } = home.leader;
    const { id } = await submit(client, spec);
    await waitFor('fits in work', () => fits.waiting() === 2);
    await client.cancelComparison({ id }, call);
    await watch(client, id);
    const given = await blobs(home);
    await home.age();

    // Lists of a cancelled comparison go, unless it or another needs them: both come when the first deletion is due.
    const [reached, released] = [home.hold(), home.hold()];
    let deletions = 0;
    home.seen.skew.beforeDelete = async (key) => {
      if (!key.startsWith('blobs/')) return;
      deletions++;
      reached.resolve();
      await released.promise;
    };
    const collecting = home.replicas.map(({ orchestrator }) => orchestrator.collectGarbage(false, signal));
    await within('the first deletion', reached.promise);
    const other = await submit(client, smallSpec({ name: 'other', strategies: ['random'], seeds: [2, 1] }));
    await client.resumeComparison({ id }, call);
    await waitFor('a list to be put again', async () =>
      (await collect(home.seen.list('blobs/'))).some(
        ({ modifiedAt }) => Date.now() - modifiedAt.getTime() < hourMs,
      ),
    );
    released.resolve();
    await Promise.all(collecting);
    assert.ok(deletions > 0);
    // No task has failed for want of them yet: those who need them have seen to it by themselves.
    await waitFor('the lists', async () => {
      const present = new Set(await blobs(home));
      return given.every((key) => present.has(key));
    });
    fits.release();
    for (const comparison of [id, other.id]) {
      await watch(client, comparison);
      const { status, cells } = await get(client, comparison);
      assert.equal(statusName(status), 'done', cells.map(({ error }) => error).join());
    }
    await assertWhole(home);
    assert.deepEqual(
      home.lines.filter(({ msg }) => msg === 'task failed'),
      [],
    );
  });
});

test('a collection leaves what an import in progress has written', async (t) => {
  const home = await open(t);
  const [reached, released] = [home.hold(), home.hold()];
  async function* batches(): AsyncGenerator<SampleBatch> {
    const images = new Uint8Array(64 * 64).fill(7);
    for (let n = 0; n < 8; n++) yield { images, labels: new Int32Array(64) };
    reached.resolve();
    await released.promise;
    yield { images, labels: new Int32Array(64) };
  }
  const one = async function* (): AsyncGenerator<SampleBatch> {
    yield { images: new Uint8Array(64), labels: new Int32Array(1) };
  };
  const input: DatasetInput = {
    ...{ name: 'large', classes: ['a'], source: { format: 'synthetic', files: [] } },
    sampleShape: [8, 8, 1],
    splits: [
      { name: 'train', batches: batches() },
      { name: 'test', batches: one() },
    ],
  };
  const importing = writeDataset(home.seen, input, { workFolder: home.folder, shardBytes: 64 * 64 });
  await within('the last batch', reached.promise);
  const before = await blobs(home);
  await home.age();
  const { removed, kept } = await home.leader.orchestrator.collectGarbage(false, signal);
  assert.deepEqual(removed, []);
  assert.ok(kept.some(({ reason }) => reason === 'shards of imports in progress'));
  assert.deepEqual(await blobs(home), before);
  released.resolve();
  await importing;
  const { shards } = await findDataset(home.store, 'large');
  const present = new Set(await blobs(home));
  assert.ok(shards.length > 1 && shards.every(({ digest }) => present.has(blobKey(digest))));
  assert.deepEqual(await collect(home.seen.list('imports/')), []);
});

test('lists of ids that are lost in the middle of a comparison are put again', async (t) => {
  const home = await openInstallation();
  t.after(() => home.close());
  const { client, orchestrator } = await home.startOrchestrator();
  const data = await findDataset(home.store, 'quadrants');
  const shards = new Set(data.shards.map(({ digest }) => blobKey(digest)));
  const { id } = await submit(client, smallSpec({ strategies: ['margin'], seeds: [1] }));
  await waitFor('a published fit', () => orchestrator.queues().some(({ published }) => published > 0));
  const lists = (await collect(home.store.list('blobs/'))).filter(({ key }) => !shards.has(key));
  assert.ok(lists.length > 0);
  for (const { key } of lists) await home.store.delete(key);
  home.startWorkers();
  home.startInference();
  await watch(client, id);
  const { status, cells } = await get(client, id);
  assert.equal(statusName(status), 'done', cells.map(({ error }) => error).join());
  assert.ok(home.lines.some(({ notice }) => /list of sample ids was lost/.test(String(notice))));
});
