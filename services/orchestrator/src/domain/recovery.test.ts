import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { findDataset } from '@alarena/dataset';
import { blobKey } from '@alarena/store';
import { findResult, manifestKey, removeResult, shardsOf, type TaskKind } from '@alarena/tasks';
import { expectAppError, waitFor } from '@alarena/testkit';
import { call, get, measured, runToEnd, statuses, statusName, submit, watch } from '../test-support/calls.js';
import { type Installation, openInstallation, openWhole, smallSpec } from '../test-support/installation.js';

/** Flips one bit in the middle of an object's file; done twice, it undoes itself. */
async function damage({ storeFolder }: Installation, key: string): Promise<void> {
  const path = join(storeFolder, 'objects', key);
  const bytes = await readFile(path);
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

async function keysOf({ store }: Installation, kind: TaskKind): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(`results/${kind}/`)) {
    keys.push(key.slice(key.lastIndexOf('/') + 1, -'.json'.length));
  }
  return keys;
}

const spec = smallSpec({ strategies: ['random', 'margin'] });

describe('another orchestrator on the same store', () => {
  test('goes on where the last one stopped, and computes only what is missing', async (t) => {
    const undisturbed = await openWhole();
    const { id } = await runToEnd(undisturbed.client, spec);
    const expected = await measured(undisturbed.client, id);
    await undisturbed.close();

    const home = await openInstallation();
    t.after(() => home.close());
    home.startWorkers();
    home.startInference();
    const first = await home.startOrchestrator();
    await submit(first.client, spec, 1);
    await watch(first.client, id, (event) => event.$case === 'cell' && event.value.cell?.roundsDone === 2);
    await first.stop();

    const second = await home.startOrchestrator();
    const left = await get(second.client, id);
    assert.equal(statusName(left.status), 'pending');
    assert.ok(!Object.values(statuses(left)).includes('cancelled'));
    assert.ok(left.cells.some(({ roundsDone }) => roundsDone >= 2));
    await second.resumeInterrupted();
    assert.equal(statusName((await get(second.client, id)).status), 'running');
    await watch(second.client, id);
    const done = await get(second.client, id);
    assert.deepEqual([statusName(done.status), done.parallelism], ['done', 1]);
    assert.equal(new Set(home.computed()).size, home.computed().length, 'nothing was computed twice');

    assert.deepEqual(await measured(second.client, id), expected);
    await second.resumeInterrupted();
    assert.equal(statusName((await get(second.client, id)).status), 'done', 'what is done is left alone');
  });

  test('goes on with one that is watched', async (t) => {
    const home = await openInstallation();
    t.after(() => home.close());
    const first = await home.startOrchestrator();
    const { id } = await submit(first.client, smallSpec({ strategies: ['random'] }));
    await waitFor(
      'its first cell',
      async () => statuses(await get(first.client, id))['random/1'] === 'running',
    );
    await first.stop();
    home.startWorkers();
    const second = await home.startOrchestrator();
    const last = (await watch(second.client, id)).at(-1);
    assert.ok(last?.$case === 'comparison' && statusName(last.value.status) === 'done');
  });

  test('of another numerics profile refuses to go on, and goes on with the rest', async (t) => {
    const home = await openInstallation();
    t.after(() => home.close());
    const first = await home.startOrchestrator();
    const lone = smallSpec({ strategies: ['random'], seeds: [1] });
    const { id } = await submit(first.client, lone);
    await first.stop();

    const profile = await home.profile();
    const other = await home.startOrchestrator({ profile: async () => ({ ...profile, threads: 7 }) });
    for (const ask of [() => other.client.resumeComparison({ id }, call), () => watch(other.client, id)]) {
      const error = await expectAppError('failed-precondition', ask());
      assert.equal(error.reason, 'NUMERICS_DIFFER');
      assert.match(error.message, /threads 1 then, 7 now/);
    }
    assert.equal((await get(other.client, id)).id, id, 'it can still be looked at');
    const anew = await submit(other.client, lone);
    assert.notEqual(anew.id, id);
    await other.stop();

    // Each of the two profiles finds one comparison that is not its own.
    home.startWorkers();
    const back = await home.startOrchestrator();
    await back.resumeInterrupted();
    await watch(back.client, id);
    assert.equal(statusName((await get(back.client, id)).status), 'done');
    assert.equal(statusName((await get(back.client, anew.id)).status), 'pending');
  });
});

describe('damage in the store', () => {
  let home: Awaited<ReturnType<typeof openWhole>>;
  let id: string;
  let undamaged: Awaited<ReturnType<typeof measured>>;
  before(async () => {
    home = await openWhole();
    ({ id } = await runToEnd(home.client, spec));
    undamaged = await measured(home.client, id);
  });
  after(() => home.close());

  /** Resumes, and gives the notices up to the end. */
  async function notices(): Promise<string[]> {
    await home.client.resumeComparison({ id }, call);
    const events = await watch(home.client, id);
    return events.flatMap((event) => (event.$case === 'notice' ? [event.value] : []));
  }

  test('to an array is repaired with a notice, and the end is the same', async () => {
    const [key] = await keysOf(home, 'infer');
    const { result } = (await findResult(home.store, 'infer', key ?? '')) ?? assert.fail();
    await damage(home, blobKey(shardsOf(result.probabilities)[0]?.sha256 ?? assert.fail()));
    for (const select of await keysOf(home, 'select')) await removeResult(home.store, 'select', select);

    const said = await notices();
    assert.equal(said.length, 1);
    assert.match(said[0] ?? '', /an array of the infer task \w+ was corrupt and is computed again/);
    assert.deepEqual(await measured(home.client, id), undamaged);
  });

  test('to a result is told with the way out, and resume takes it', async () => {
    const fitKey = undamaged['random/2']?.[1]?.fitKey ?? assert.fail();
    await damage(home, manifestKey('fit', fitKey));

    const damaged = await get(home.client, id);
    assert.deepEqual(statuses(damaged), {
      ...{ 'random/1': 'done', 'random/2': 'failed' },
      ...{ 'margin/1': 'done', 'margin/2': 'done' },
    });
    assert.equal(statusName(damaged.status), 'failed');
    assert.match(damaged.cells[1]?.error ?? '', /resume the comparison/);
    assert.equal(damaged.cells[1]?.roundsDone, 1);

    assert.equal((await notices()).length, 1);
    assert.deepEqual(await measured(home.client, id), undamaged);
    assert.equal(home.computed('fit').filter((key) => key === fitKey).length, 2);
  });

  test('to images that are needed again fails the cells that need them and no other', async () => {
    const { shards } = await findDataset(home.store, 'quadrants');
    const shard = shards.find(({ split }) => split === 'train') ?? assert.fail();
    await damage(home, blobKey(shard.digest));
    await removeResult(home.store, 'fit', undamaged['margin/1']?.[2]?.fitKey ?? assert.fail());
    // Whoever has read the images before must read them again.
    home.killTrainer();
    await rm(home.compute.cacheFolder, { recursive: true });

    assert.deepEqual(await notices(), []);
    const failed = await get(home.client, id);
    assert.deepEqual(statuses(failed), {
      ...{ 'random/1': 'done', 'random/2': 'done' },
      ...{ 'margin/1': 'failed', 'margin/2': 'done' },
    });
    assert.ok(failed.cells[2]?.error.includes(shard.digest), failed.cells[2]?.error);

    await damage(home, blobKey(shard.digest));
    await notices();
    assert.deepEqual(await measured(home.client, id), undamaged);
  });
});
