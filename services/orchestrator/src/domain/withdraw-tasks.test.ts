// What cancel and pause leave in the queues of a real NATS server, whoever has published it.

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import type { Bus } from '@alarena/bus';
import { deferred, startNats, waitFor, within } from '@alarena/testkit';
import { call, get, statusName, submit, watch, whole } from '../test-support/calls.js';
import { smallSpec } from '../test-support/installation.js';
import {
  fitQueue,
  leaderOf,
  onNats,
  openReplicas,
  type Replica,
  type Replicas,
} from '../test-support/replicas.js';

/** Six seeds, whose first fits the two entries share. */
const fits = 6;
const shape = {
  strategies: ['random', { name: 'random', as: 'other' }],
  seeds: [1, 2, 3, 4, 5, 6],
};
const spec = smallSpec(shape);
const cells = 12;

interface Queued extends Replicas {
  readonly leader: Replica;
  readonly standby: Replica;
  readonly bus: Bus;
  /** Until so many wait in the queue. */
  waiting(count: number): Promise<unknown>;
}

async function openQueued(t: TestContext): Promise<Queued> {
  const nats = await startNats();
  t.after(() => nats.stop());
  const home = await openReplicas(onNats(nats));
  t.after(() => home.close());
  const { bus, close } = await onNats(nats)();
  home.onClose(close);
  const { leader, others } = await leaderOf([await home.startReplica(), await home.startReplica()]);
  const waiting = (count: number): Promise<unknown> =>
    waitFor(`${count} tasks to wait`, async () => {
      const state = await bus.queueState(fitQueue);
      return state.waiting === count || undefined;
    });
  return { ...home, leader, standby: others[0] ?? assert.fail(), bus, waiting };
}

/** The leader is gone without a word, and the other leads. */
async function failOver({ leader, standby }: Queued): Promise<void> {
  leader.sever();
  await leaderOf([standby]);
}

async function cancel({ client }: Replica, id: string): Promise<string> {
  return statusName(whole(await client.cancelComparison({ id }, call)).status);
}

/** The server's counts follow its answers. */
async function holds({ bus }: Queued, waiting: number, inFlight: number): Promise<void> {
  await waitFor(`${waiting} tasks to wait and ${inFlight} in work`, async () =>
    isDeepStrictEqual(await bus.queueState(fitQueue), { waiting, inFlight }),
  );
}

const isEmpty = (home: Queued): Promise<void> => holds(home, 0, 0);

describe('a comparison', () => {
  test('that is paused leaves the queue, and goes on when it is resumed', async (t) => {
    const home = await openQueued(t);
    const { client } = home.standby;
    const { id } = await submit(client, spec, cells);
    await home.waiting(fits);
    const paused = whole(await client.pauseComparison({ id }, call));
    assert.equal(statusName(paused.status), 'paused');
    await isEmpty(home);
    await client.resumeComparison({ id }, call);
    await home.waiting(fits);
    assert.equal(await cancel(home.standby, id), 'cancelled');
    await isEmpty(home);
  });

  test('whose tasks an earlier leader has published leaves the queue when it is cancelled', async (t) => {
    const home = await openQueued(t);
    const { client } = home.standby;
    const { id } = await submit(client, spec, cells);
    await home.waiting(fits);
    await client.setComparison({ id, parallelism: 1 }, call);
    await failOver(home);
    // Of all that is queued, the new one asks for the task of one cell.
    await waitFor('it to go on', () => home.standby.orchestrator.queues()[0]?.published === 1 || undefined);
    assert.equal((await home.bus.queueState(fitQueue)).waiting, fits);
    assert.equal(await cancel(home.standby, id), 'cancelled');
    await isEmpty(home);
  });

  for (const wish of ['cancel', 'pause'] as const) {
    test(`that none leads leaves the queue by the next leader, told to ${wish} it`, async (t) => {
      const home = await openQueued(t);
      const { client } = home.standby;
      const { id } = await submit(client, spec, cells);
      await home.waiting(fits);
      home.leader.sever();
      const told =
        wish === 'cancel' ? client.cancelComparison({ id }, call) : client.pauseComparison({ id }, call);
      await told;
      await leaderOf([home.standby]);
      const state = wish === 'cancel' ? 'cancelled' : 'paused';
      await waitFor('it to be done', async () => {
        return statusName((await get(client, id)).status) === state || undefined;
      });
      await isEmpty(home);
    });
  }

  test('that is cancelled leaves the tasks in work to their end, and keeps their results', async (t) => {
    const home = await openQueued(t);
    const { client } = home.standby;
    const begun = deferred();
    const release = deferred();
    await home.startWorkers(2, async () => {
      begun.resolve();
      await release.promise;
    });
    const { id } = await submit(client, spec, cells);
    await within('a fit', begun.promise);
    await home.waiting(fits - 2);
    await failOver(home);
    assert.equal(await cancel(home.standby, id), 'cancelled');
    await holds(home, 0, 2);
    release.resolve();
    await waitFor('both to end', async () => {
      return (await home.bus.queueState(fitQueue)).inFlight === 0 || undefined;
    });
    assert.equal(home.computed.length, 2);
    await client.resumeComparison({ id }, call);
    await watch(client, id);
    assert.equal(statusName((await get(client, id)).status), 'done');
    assert.equal(new Set(home.computed).size, home.computed.length, 'nothing was computed twice');
  });

  test('that is cancelled takes nothing from another that wants the same', async (t) => {
    const home = await openQueued(t);
    const { client } = home.standby;
    const { id } = await submit(client, spec, cells);
    const other = await submit(client, smallSpec({ ...shape, name: 'other' }), cells);
    await home.waiting(fits);
    await failOver(home);
    assert.equal(await cancel(home.standby, id), 'cancelled');
    await home.waiting(fits);
    await home.startWorkers();
    await watch(client, other.id);
    assert.equal(statusName((await get(client, other.id)).status), 'done');
    assert.equal(statusName((await get(client, id)).status), 'cancelled');
  });
});
