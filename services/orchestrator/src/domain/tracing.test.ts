// The trace of a submit goes on in whichever orchestrator runs the comparison.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Attribute, startTelemetry, withSpan } from '@alarena/telemetry';
import { startTraceSink, waitFor } from '@alarena/testkit';
import { runToEnd, statusName } from '../test-support/calls.js';
import { smallSpec } from '../test-support/installation.js';
import { openReplicas } from '../test-support/replicas.js';

const spec = smallSpec({
  strategies: ['random'],
  seeds: [1],
  protocol: { poolSize: 40, initialLabels: 8, labelsPerRound: 8, rounds: 1, validationSize: 0, testSize: 20 },
});

test('rounds and their tasks belong to the trace of the submit, though another orchestrator answered it', async (t) => {
  const sink = await startTraceSink(t);
  const { endpoint } = sink;
  const telemetry = await startTelemetry({ service: 'orchestrator', endpoint, exportLimitMs: 60_000 });
  t.after(() => telemetry.shutdown());
  const home = await openReplicas();
  t.after(() => home.close());
  const replicas = [await home.startReplica(), await home.startReplica()];
  await home.startWorkers();
  await waitFor('a leader', () => replicas.some(({ orchestrator }) => orchestrator.isLeader()));
  const follower = replicas.find(({ orchestrator }) => !orchestrator.isLeader()) ?? assert.fail();

  const done = await withSpan('user', {}, () => runToEnd(follower.client, spec));
  assert.equal(statusName(done.status), 'done');
  // The comparison's span ends after its watchers have heard of the end.
  for (const replica of replicas) await replica.stop();
  await telemetry.shutdown(60_000);

  const submit = 'alarena.comparison.v1.ComparisonService/SubmitComparison';
  for (const [name, count] of [
    ['task fit', 2],
    ['task select', 1],
  ] as const) {
    const found = sink.named(name);
    assert.equal(found.length, count, name);
    for (const span of found) {
      const above = sink.ancestors(span);
      assert.deepEqual(
        above.map((ancestor) => ancestor.name),
        [name.replace('task', 'publish'), 'round', 'comparison', submit, submit, 'user'],
      );
    }
  }
  const rounds = sink.named('round').map(({ attributes }) => attributes);
  const place = { [Attribute.comparison]: done.id, [Attribute.cell]: 'random/1' };
  assert.deepEqual(rounds, [
    { ...place, [Attribute.round]: 0 },
    { ...place, [Attribute.round]: 1 },
  ]);
});
