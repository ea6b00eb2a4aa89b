import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { expectAppError, waitFor } from '@alarena/testkit';
import {
  call,
  cellName,
  get,
  measured,
  runToEnd,
  statuses,
  statusName,
  submit,
  type WatchEvent,
  watch,
  whole,
} from '../test-support/calls.js';
import { openInstallation, openWhole, smallSpec } from '../test-support/installation.js';

/** How many cells ran at once after each event. */
function runningAtOnce(events: readonly WatchEvent[]): number[] {
  const running = new Set<string>();
  return events.map((event) => {
    if (event.$case === 'cell' && event.value.cell !== undefined) {
      const name = cellName(event.value.cell);
      if (statusName(event.value.cell.status) === 'running') running.add(name);
      else running.delete(name);
    }
    return running.size;
  });
}

const spec = smallSpec({ strategies: ['random', 'margin'] });
let undisturbed: Awaited<ReturnType<typeof measured>>;
before(async () => {
  const home = await openWhole();
  const { id } = await runToEnd(home.client, spec);
  undisturbed = await measured(home.client, id);
  await home.close();
});

describe('cells at once', () => {
  test('stay within the limit, and a new limit takes effect at once', async (t) => {
    const home = await openInstallation();
    t.after(() => home.close());
    const { client } = await home.startOrchestrator();
    // Without workers the cells that run stay where they are.
    const { id } = await submit(client, smallSpec({ strategies: ['random'], seeds: [1, 2, 3, 4, 5, 6] }), 1);
    const events: WatchEvent[] = [];
    const watching = watch(client, id, (event) => {
      events.push(event);
      return false;
    });
    const running = async (): Promise<number> =>
      Object.values(statuses(await get(client, id))).filter((status) => status === 'running').length;
    await waitFor('the first cell', async () => (await running()) === 1);

    const changed = whole(await client.setParallelism({ id, parallelism: 3 }, call));
    assert.equal(changed.parallelism, 3);
    await waitFor('three cells', async () => (await running()) === 3);
    assert.deepEqual(Object.values(statuses(await get(client, id))), [
      ...['running', 'running', 'running'],
      ...['pending', 'pending', 'pending'],
    ]);
    await client.setParallelism({ id, parallelism: 2 }, call);
    home.startWorkers();
    await watching;

    const counts = runningAtOnce(events);
    assert.equal(Math.max(...counts), 3);
    const firstEnd = events.findIndex(
      (event) => event.$case === 'cell' && statusName(event.value.cell?.status ?? 0) === 'done',
    );
    assert.equal(Math.max(...counts.slice(firstEnd)), 2);
    const done = await get(client, id);
    assert.deepEqual([statusName(done.status), done.parallelism], ['done', 2]);
    const listed = (await client.listComparisons({}, call)).comparisons[0];
    assert.deepEqual([statusName(listed?.status ?? 0), listed?.parallelism], ['done', 2]);

    const refused = await expectAppError(
      'invalid-argument',
      client.setParallelism({ id, parallelism: 0 }, call),
    );
    assert.equal(refused.violations[0]?.field, 'parallelism');
  });
});

describe('a comparison that is cancelled', () => {
  test('keeps what is measured, and goes on to the result of an undisturbed run', async (t) => {
    const home = await openWhole();
    t.after(() => home.close());
    const { client } = home;
    const { id } = await submit(client, spec, 1);
    const watched = watch(client, id);
    await watch(client, id, (event) => event.$case === 'cell' && event.value.cell?.roundsDone === 2);
    const cancelled = whole(await client.cancelComparison({ id }, call));
    assert.equal(statusName(cancelled.status), 'cancelled');
    const last = (await watched).at(-1);
    assert.ok(last?.$case === 'comparison' && statusName(last.value.status) === 'cancelled');
    const kept = await measured(client, id);
    assert.ok((kept['random/1']?.length ?? 0) >= 2);
    const states = new Set(Object.values(statuses(await get(client, id))));
    assert.ok(!states.has('running') && !states.has('failed'), [...states].join());
    assert.equal((await watch(client, id)).length, 1, 'watching it does not start it again');

    const resumed = whole(await client.resumeComparison({ id }, call));
    assert.equal(statusName(resumed.status), 'running');
    await watch(client, id);
    assert.equal(statusName((await get(client, id)).status), 'done');
    assert.equal(new Set(home.computed()).size, home.computed().length, 'nothing was computed twice');

    assert.deepEqual(await measured(client, id), undisturbed);
  });

  test('takes nothing from another that waits for the same fits', async (t) => {
    const home = await openInstallation();
    t.after(() => home.close());
    const { client } = await home.startOrchestrator();
    const first = await submit(client, smallSpec({ name: 'first', strategies: ['random'] }));
    const second = await submit(client, smallSpec({ name: 'second', strategies: ['random'] }));
    for (const { id } of [first, second]) {
      await waitFor('its cells', async () => statuses(await get(client, id))['random/1'] === 'running');
    }
    await client.cancelComparison({ id: first.id }, call);
    home.startWorkers();
    await watch(client, second.id);
    assert.equal(statusName((await get(client, second.id)).status), 'done');
    assert.equal(statusName((await get(client, first.id)).status), 'cancelled');
  });
});

describe('a cell that fails', () => {
  test('does not stop the others, says why, and is tried again by resume', async (t) => {
    const home = await openInstallation();
    t.after(() => home.close());
    const { client } = await home.startOrchestrator();
    home.startWorkers();
    const broken = home.startInference();
    await broken.breakDown();

    const { id } = await submit(client, spec);
    let resumed: string | undefined;
    const events = await watch(client, id, async (event) => {
      if (event.$case !== 'comparison' || statusName(event.value.status) === 'running') return false;
      // The moment the end is told: what is resumed must be a run that goes on.
      resumed = statusName(whole(await client.resumeComparison({ id }, call)).status);
      return true;
    });
    assert.equal(resumed, 'running');
    const last = events.at(-1);
    const failed = last?.$case === 'comparison' ? last.value : assert.fail();
    assert.equal(statusName(failed.status), 'failed');
    assert.deepEqual(statuses(failed), {
      ...{ 'random/1': 'done', 'random/2': 'done' },
      ...{ 'margin/1': 'failed', 'margin/2': 'failed' },
    });
    assert.match(failed.cells[2]?.error ?? '', /compute host is closed/);
    assert.deepEqual(
      failed.cells.map(({ roundsDone }) => roundsDone),
      [3, 3, 0, 0],
    );

    await broken.stop();
    home.startInference();
    // What was resumed may have met the broken service still.
    await watch(client, id);
    await client.resumeComparison({ id }, call);
    await watch(client, id);
    const done = await get(client, id);
    assert.equal(statusName(done.status), 'done');
    assert.ok(done.cells.every(({ error }) => error === ''));
    assert.deepEqual(await measured(client, id), undisturbed);
  });
});
