// The pipeline's tests once more, on JetStream: a server of its own for each.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectNats, JetStreamBus } from '@alarena/bus';
import { type RunningNats, startNats } from '@alarena/testkit';
import { Gate, openPipeline, pipelineBus } from './pipeline.fixture.js';
import { fitHandler, fitTask } from './tasks.fixture.js';

/** Heartbeats and redeliveries go by way of a server, which may be slow to answer. */
const shortestAckWaitMs = 1_500;

let running: RunningNats | undefined;

pipelineBus.open = async ({ ackWaitMs = 0, ...settings }) => {
  const server = await startNats();
  running = server;
  const link = await connectNats({ servers: [server.url] });
  const bus = await JetStreamBus.open(link, {
    ...settings,
    ackWaitMs: Math.max(ackWaitMs, shortestAckWaitMs),
  });
  return { bus, stop: () => server.stop() };
};

await import('./dispatcher.test.js');
await import('./failures.test.js');
await import('./cancel.test.js');
await import('./withdraw.test.js');
await import('./outages.test.js');
await import('./dispatch-window.test.js');
await import('./worker-registration.test.js');

test('a server that is killed and comes back costs no task: in work, queued, or asked for meanwhile', async (t) => {
  const { store, run, startWorker } = await openPipeline(t, { pollMs: 200 });
  const gate = new Gate(fitHandler(store));
  startWorker('fit', gate.handler);
  const inWork = run(fitTask(0));
  await gate.started(0);
  const queued = run(fitTask(1));
  await running?.kill();
  const meanwhile = run(fitTask(2));
  for (const call of [0, 1, 2]) gate.open(call);
  await running?.restart();
  const seeds = (await Promise.all([inWork, queued, meanwhile])).map(({ manifest }) => manifest.inputs.seed);
  assert.deepEqual(seeds, [0, 1, 2]);
});
