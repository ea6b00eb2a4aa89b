// What every orchestrator says of the leader's publish window, by way of a real NATS server.

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { captureLog, startNats, waitFor } from '@alarena/testkit';
import { submit } from '../../test-support/calls.js';
import { smallSpec } from '../../test-support/installation.js';
import {
  fitQueue,
  type Joint,
  leaderOf,
  onNats,
  openReplicas,
  type Replica,
} from '../../test-support/replicas.js';
import type { WindowCount } from './queue-figures.js';
import { leaderWindow, tellQueues } from './told-queues.js';

async function openNats(t: TestContext): Promise<() => Promise<Joint>> {
  const nats = await startNats();
  t.after(() => nats.stop());
  return onNats(nats);
}

const counts: readonly WindowCount[] = [{ queue: fitQueue, ready: 4, published: 2 }];

async function allSay(replicas: readonly Replica[], expected: readonly WindowCount[]): Promise<void> {
  for (const replica of replicas) {
    await waitFor('the counts', async () => {
      const told = (await replica.window()) ?? [];
      const figures = told.map(({ queue, ready, published }) => ({ queue, ready, published }));
      return isDeepStrictEqual(figures, expected) || undefined;
    });
  }
}

describe('the ready tasks', () => {
  test('are the same whoever is asked, also after another has taken over', async (t) => {
    const home = await openReplicas(await openNats(t), 1);
    t.after(() => home.close());
    const { leader, others } = await leaderOf([
      await home.startReplica(),
      await home.startReplica(),
      await home.startReplica(),
    ]);
    const client = others[0]?.client ?? assert.fail();
    // Six first fits, of which two are published.
    await submit(client, smallSpec({ strategies: ['random'], seeds: [1, 2, 3, 4, 5, 6] }), 6);
    await allSay([leader, ...others], counts);
    assert.equal(others[0]?.orchestrator.isLeader(), false);
    leader.sever();
    await leaderOf(others);
    await allSay(others, counts);
    // Before the server: what they tell at their end would be waited for.
    await home.close();
  });

  test('of a leader that is gone are nobody’s: at once when it stops, soon when it dies', async (t) => {
    const { buckets, close } = await (await openNats(t))();
    t.after(close);
    const window = await buckets.openBucket({ name: 'window', ttlMs: 2_000 });
    const { logger } = captureLog();
    const tell = (queues: () => readonly WindowCount[], signal: AbortSignal): Promise<void> =>
      tellQueues({ window, queues, logger, everyMs: 20 }, signal);
    const seen = () => leaderWindow({ window, queues: () => [], isLeader: () => false });
    assert.equal(await seen(), undefined);

    const stopping = new AbortController();
    const leading = tell(() => counts, stopping.signal);
    await waitFor('the counts', async () => isDeepStrictEqual(await seen(), counts) || undefined);
    stopping.abort();
    await leading;
    assert.equal(await seen(), undefined);

    // As one leaves it that dies.
    await window.put('queues', Buffer.from(JSON.stringify(counts)));
    assert.deepEqual(await seen(), counts);
    await waitFor('them to expire', async () => (await seen()) === undefined || undefined);
  });

  test('told by the next leader are not taken back by the last one', async (t) => {
    const { buckets, close } = await (await openNats(t))();
    t.after(close);
    const window = await buckets.openBucket({ name: 'window', ttlMs: 60_000 });
    const { logger } = captureLog();
    const stopping = new AbortController();
    const leading = tellQueues({ window, queues: () => [], logger, everyMs: 2 ** 30 }, stopping.signal);
    await waitFor('the first', async () => (await window.get('queues')) !== undefined || undefined);
    await window.put('queues', Buffer.from(JSON.stringify(counts)));
    stopping.abort();
    await leading;
    assert.deepEqual(await leaderWindow({ window, queues: () => [], isLeader: () => false }), counts);
  });
});
