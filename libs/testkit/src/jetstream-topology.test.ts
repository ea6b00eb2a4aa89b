// What the JetStream bus declares on the server, and that it takes and gives no more than it should.

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { JetStreamBus, JetStreamBusOptions, NatsSettings } from '@alarena/bus';
import { type JetStreamManager, jetstreamManager, RetentionPolicy } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { expectState, queue, task } from './bus-fixture.js';
import { collect } from './collect.js';
import { expectAppError } from './expect-app-error.js';
import { natsForTests } from './nats-fixture.js';
import { deferred, within } from './waiting.js';

const nats = natsForTests();

async function open(
  t: TestContext,
  options?: JetStreamBusOptions,
  settings?: Partial<NatsSettings>,
): Promise<JetStreamBus> {
  const bus = await nats.open(options, settings);
  t.after(() => bus.close());
  return bus;
}

async function manager(t: TestContext): Promise<JetStreamManager> {
  await nats.empty();
  const connection = await connect({ servers: nats.server().url });
  t.after(() => connection.close());
  return jetstreamManager(connection);
}

describe('the JetStream bus declares its streams and consumers', () => {
  test('and changes what is there in other settings', async (t) => {
    const { consumers, streams } = await manager(t);
    const before = await open(t, { ackWaitMs: 10_000 });
    await before.publishTask(task('k1'));
    assert.equal((await consumers.info('tasks', 'select=cpu')).config.ack_wait, 10_000e6);
    await streams.update('tasks', { max_msgs: 5 });
    await streams.update('tasks', { discard_new_per_subject: false, max_msgs_per_subject: 2 });
    const after = await open(t, { ackWaitMs: 20_000 });
    assert.equal(await after.publishTask(task('k1')), 'duplicate');
    assert.equal((await consumers.info('tasks', 'select=cpu')).config.ack_wait, 20_000e6);
    assert.equal((await streams.info('tasks')).config.max_msgs_per_subject, 1);
  });

  test('and refuses a stream of its name with another retention', async (t) => {
    const { streams } = await manager(t);
    await streams.add({ name: 'tasks', subjects: ['task.>'], retention: RetentionPolicy.Limits });
    const error = await expectAppError('failed-precondition', () => nats.open());
    assert.equal(error.reason, 'NATS_TOPOLOGY');
    assert.match(error.message, /stream tasks exists with the retention "limits" instead of "workqueue"/);
  });

  test('and refuses a stream that takes its subjects', async (t) => {
    const { streams } = await manager(t);
    await streams.add({ name: 'other', subjects: ['task.fit.>'] });
    const error = await expectAppError('failed-precondition', () => nats.open());
    assert.equal(error.reason, 'NATS_TOPOLOGY');
    assert.match(error.message, /stream tasks cannot be made: subjects overlap/);
  });

  test('and refuses more replicas than there are servers', async (t) => {
    await manager(t);
    const error = await expectAppError('failed-precondition', () => nats.open({ replicas: 3 }));
    assert.match(error.message, /replicas/);
  });

  test('once, when several processes start together', async (t) => {
    const { streams } = await manager(t);
    const buses = await Promise.all(Array.from({ length: 4 }, () => open(t)));
    await Promise.all(buses.map((bus) => bus.openBucket({ name: 'test' })));
    const outcomes = await Promise.all(buses.map((bus) => bus.publishTask(task('k1'))));
    assert.deepEqual(outcomes.sort(), ['duplicate', 'duplicate', 'duplicate', 'queued']);
    assert.deepEqual((await collect(streams.names())).sort(), ['KV_test', 'tasks']);
  });

  test('and tells queues apart whose names look alike', async (t) => {
    await manager(t);
    const bus = await open(t);
    await bus.publishTask({ ...task('k1'), queue: 'task.a-b.c' });
    await bus.publishTask({ ...task('k1'), queue: 'task.a.b-c' });
    await expectState(bus, { waiting: 1, inFlight: 0 }, 'task.a-b.c');
    await expectState(bus, { waiting: 1, inFlight: 0 }, 'task.a.b-c');
  });
});

describe('the JetStream bus', () => {
  test('takes no more tasks than it has free slots', async (t) => {
    await manager(t);
    const bus = await open(t);
    const stop = new AbortController();
    const release = deferred();
    const full = deferred();
    let running = 0;
    const consuming = bus.consume(queue, { concurrency: 3, signal: stop.signal }, async (delivery) => {
      if (++running === 3) full.resolve();
      await release.promise;
      await delivery.handBack();
    });
    for (let i = 0; i < 10; i++) await bus.publishTask(task(`k${i}`));
    await within('3 handlers', full.promise);
    await expectState(bus, { waiting: 7, inFlight: 3 });
    stop.abort();
    release.resolve();
    await within('the consumer to end', consuming);
    await expectState(bus, { waiting: 7, inFlight: 3 });
  });

  test('leaves a task that arrives while a consumer ends to the next one', async (t) => {
    await manager(t);
    const bus = await open(t, { maxDeliveries: 1 });
    for (let i = 0; i < 20; i++) {
      const stop = new AbortController();
      const handled: string[] = [];
      const consuming = bus.consume(queue, { concurrency: 1, signal: stop.signal }, async (delivery) => {
        handled.push(delivery.key);
        await delivery.ack();
      });
      await bus.queueState(queue);
      const publishing = bus.publishTask(task(`k${i}`));
      stop.abort();
      await within('the consumer to end', consuming);
      await publishing;
      if (handled.length === 1) continue;
      const next = new AbortController();
      await within(
        'the task',
        bus.consume(queue, { concurrency: 1, signal: next.signal }, async (delivery) => {
          assert.equal(delivery.losses, 0);
          await delivery.ack();
          next.abort();
        }),
      );
    }
  });

  test('gives every event to every replica', async (t) => {
    await manager(t);
    const replicas = [await open(t), await open(t)];
    const stop = new AbortController();
    t.after(() => stop.abort());
    const readers = replicas.map((bus) =>
      bus.subscribe('event.>', { signal: stop.signal })[Symbol.asyncIterator](),
    );
    // A call that is answered: by then the server knows of the subscriptions.
    for (const bus of replicas) await bus.queueState(queue);
    for (const [i, bus] of replicas.entries()) {
      const headers = { traceparent: `00-${i}` };
      await bus.publishEvent({ subject: `event.n${i}`, payload: Uint8Array.of(i), headers });
      for (const reader of readers) {
        const { value } = await within('the event', reader.next());
        assert.deepEqual(
          [value?.subject, value?.payload[0], value?.headers.traceparent],
          [`event.n${i}`, i, `00-${i}`],
        );
      }
    }
  });

  test('carries ten thousand tasks, each to one consumer', async (t) => {
    await manager(t);
    const [publisher, ...workers] = [await open(t), await open(t), await open(t)];
    const count = 10_000;
    const stop = new AbortController();
    const seen: string[] = [];
    const all = deferred();
    const start = performance.now();
    const consuming = workers.map((bus) =>
      bus.consume(queue, { concurrency: 16, signal: stop.signal }, async (delivery) => {
        await delivery.ack();
        seen.push(delivery.key);
        if (seen.length === count) all.resolve();
      }),
    );
    for (let i = 0; i < count; i += 100) {
      const keys = Array.from({ length: 100 }, (_, j) => `k${i + j}`);
      await Promise.all(keys.map((key) => publisher.publishTask(task(key))));
    }
    const published = performance.now();
    await within('all tasks', all.promise, 60_000);
    const end = performance.now();
    t.diagnostic(
      `published ${Math.round((count / (published - start)) * 1e3)}/s, all done ${Math.round((count / (end - start)) * 1e3)}/s`,
    );
    assert.equal(new Set(seen).size, count);
    assert.deepEqual(await publisher.queueState(queue), { waiting: 0, inFlight: 0 });
    stop.abort();
    await within('the consumers to end', Promise.all(consuming));
  });

  test('tells an observer how long each call took and whether it succeeded', async (t) => {
    await manager(t);
    const operations: [string, boolean][] = [];
    const onOperation = (operation: string, seconds: number, ok: boolean): void => {
      assert.ok(seconds >= 0 && seconds < 60);
      operations.push([operation, ok]);
    };
    const bus = await open(t, {}, { onOperation });
    const bucket = await bus.openBucket({ name: 'test' });
    await bucket.create('a', Uint8Array.of(1));
    await expectAppError('already-exists', bucket.create('a', Uint8Array.of(1)));
    await bus.publishTask(task('k1'));
    assert.deepEqual(operations, [
      ['declare', true],
      ['declare', true],
      ['kv-create', true],
      ['kv-create', false],
      ['publish-task', true],
    ]);
  });
});
