import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { startNats, waitFor } from '@alarena/testkit';
import { call, get, measured, runToEnd, statusName, submit, watch } from '../test-support/calls.js';
import { smallSpec } from '../test-support/installation.js';
import {
  type Joint,
  leaderOf,
  onNats,
  openReplicas,
  type Replica,
  type Replicas,
} from '../test-support/replicas.js';

const spec = smallSpec({
  strategies: ['random', { name: 'random', as: 'other' }],
  seeds: [1, 2, 3, 4, 5, 6],
  protocol: { poolSize: 60, initialLabels: 8, labelsPerRound: 6, rounds: 4, validationSize: 0, testSize: 40 },
});

async function open(t: TestContext, join?: () => Promise<Joint>): Promise<Replicas> {
  const home = await openReplicas(join);
  t.after(() => home.close());
  return home;
}

/** The leader is lost in the middle; a watcher elsewhere misses nothing, and no task is done twice. */
async function survives(
  t: TestContext,
  lose: (leader: Replica) => Promise<void>,
  join?: () => Promise<Joint>,
) {
  const undisturbed = await open(t);
  const alone = await undisturbed.startReplica();
  await undisturbed.startWorkers();
  const { id } = await runToEnd(alone.client, spec);
  const expected = await measured(alone.client, id);

  const home = await open(t, join);
  const { leader, others } = await leaderOf([
    await home.startReplica(),
    await home.startReplica(),
    await home.startReplica(),
  ]);
  const [follower, third] = others;
  assert.ok(follower !== undefined && third !== undefined);
  const submitted = await submit(follower.client, spec, 2);
  assert.deepEqual([submitted.id, statusName(submitted.status)], [id, 'running']);
  let lost: Promise<void> | undefined;
  const rounds: string[] = [];
  const watching = watch(follower.client, id, (event) => {
    if (event.$case !== 'cell') return false;
    const { strategy, seed, rounds: newest = [], roundsDone = 0 } = event.value.cell ?? {};
    for (const { round } of newest) rounds.push(`${strategy}/${seed}/${round}`);
    if (roundsDone === 2) lost ??= lose(leader);
    return false;
  });
  await home.startWorkers(2);
  const last = (await watching).at(-1);
  await lost;
  assert.ok(lost !== undefined);
  assert.equal(leader.orchestrator.isLeader(), false);
  assert.ok(last?.$case === 'comparison' && statusName(last.value.status) === 'done');
  assert.equal(new Set(rounds).size, 2 * 6 * 5, 'every round was told');
  assert.deepEqual(await measured(third.client, id), expected);
  assert.equal(new Set(home.computed).size, home.computed.length, 'nothing was computed twice');
  assert.deepEqual(await measured(follower.client, id), expected);
}

describe('several replicas in one process', () => {
  test('go on when the leader is cut off without a word', async (t) => {
    await survives(t, async (leader) => leader.sever());
  });

  test('go on at once when the leader stops in order', async (t) => {
    await survives(t, (leader) => leader.stop());
  });

  test('answer alike: submit, set, pause, resume, cancel on whichever', async (t) => {
    const home = await open(t);
    const { others } = await leaderOf([await home.startReplica(), await home.startReplica()]);
    const client = others[0]?.client ?? assert.fail();
    const { id } = await submit(client, spec, 1);
    assert.equal((await submit(client, spec, 3)).parallelism, 3, 'a second submit sets what runs');
    const set = await client.setComparison({ id, parallelism: 5, priority: 7 }, call);
    assert.deepEqual([set.comparison?.parallelism, set.comparison?.priority], [5, 7]);

    const paused = (await client.pauseComparison({ id }, call)).comparison;
    assert.equal(statusName(paused?.status ?? 0), 'paused');
    await home.startWorkers();
    assert.equal(statusName((await get(client, id)).status), 'paused');
    const watched = watch(client, id);
    const resumed = (await client.resumeComparison({ id }, call)).comparison;
    assert.equal(statusName(resumed?.status ?? 0), 'running');
    assert.deepEqual([resumed?.parallelism, resumed?.priority], [5, 7]);
    const events = await watched;
    assert.equal(events[0]?.$case === 'comparison' && statusName(events[0].value.status), 'paused');
    const done = await get(client, id);
    assert.equal(statusName(done.status), 'done');
    assert.equal((await client.cancelComparison({ id }, call)).comparison?.status, done.status);
  });

  test('are all ready, whichever leads', async (t) => {
    const home = await open(t);
    const { leader, others } = await leaderOf([await home.startReplica(), await home.startReplica()]);
    for (const { orchestrator } of [leader, ...others]) {
      await waitFor('it to be ready', () => orchestrator.ready() || undefined);
    }
    assert.equal(others[0]?.orchestrator.isLeader(), false);
  });

  test('of which none leads keep what is wanted for the next leader', async (t) => {
    const home = await open(t);
    const first = await home.startReplica();
    await leaderOf([first]);
    const { id } = await submit(first.client, spec);
    await first.stop();
    const second = await home.startReplica();
    await home.startWorkers();
    await watch(second.client, id);
    assert.equal(statusName((await get(second.client, id)).status), 'done');
  });
});

test('several replicas on a real NATS server go on when the leader is cut off', async (t) => {
  const nats = await startNats();
  t.after(() => nats.stop());
  await survives(t, async (leader) => leader.sever(), onNats(nats));
});
