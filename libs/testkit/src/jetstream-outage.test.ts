// NATS goes away, also without a word, and comes back.

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { JetStreamBus, JetStreamBusOptions, NatsSettings } from '@alarena/bus';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { queue, task } from './bus-fixture.js';
import { expectAppError } from './expect-app-error.js';
import { natsForTests } from './nats-fixture.js';
import { deferred, waitFor, within } from './waiting.js';

const nats = natsForTests();

async function openBus(
  t: TestContext,
  options?: JetStreamBusOptions,
  settings?: Partial<NatsSettings>,
): Promise<JetStreamBus> {
  await nats.empty();
  return another(t, options, settings);
}

async function another(
  t: TestContext,
  options?: JetStreamBusOptions,
  settings?: Partial<NatsSettings>,
): Promise<JetStreamBus> {
  const bus = await nats.open(options, settings);
  t.after(() => bus.close());
  return bus;
}

describe('the JetStream bus in an outage', () => {
  test('loses no task when the server is killed among them', async (t) => {
    const publisher = await openBus(t, { ackWaitMs: 1_000 });
    const worker = await another(t, { ackWaitMs: 1_000 });
    const stop = new AbortController();
    const keys = Array.from({ length: 200 }, (_, i) => `k${i}`);
    const done = new Set<string>();
    const half = deferred();
    const all = deferred();
    const consuming = worker.consume(queue, { concurrency: 4, signal: stop.signal }, async (delivery) => {
      await delivery.working();
      await delivery.ack();
      done.add(delivery.key);
      if (done.size === 60) half.resolve();
      if (done.size === keys.length) all.resolve();
    });
    const publishing = (async () => {
      for (const key of keys) await publisher.publishTask(task(key));
    })();
    await within('the first tasks', half.promise);
    await nats.server().kill();
    await nats.server().restart();
    await within('the publisher', publishing);
    await within('all tasks', all.promise);
    await waitFor('the queue to be empty', async () => {
      const { waiting, inFlight } = await publisher.queueState(queue);
      return waiting + inFlight === 0;
    });
    stop.abort();
    await within('the consumer to end', consuming);
  });

  test('says that it is away when patience ends, and carries on afterwards', async (t) => {
    const bus = await openBus(t, {}, { patienceMs: 300 });
    const bucket = await bus.openBucket({ name: 'test' });
    const revision = await bucket.put('a', Uint8Array.of(1));
    assert.equal(await bus.publishTask(task('k1')), 'queued');
    await nats.server().kill();
    await waitFor('the bus to notice', () => bus.status() === 'reconnecting');
    for (const call of [
      () => bus.publishTask(task('k2')),
      () => bus.withdraw(queue, 'k1'),
      () => bus.queueState(queue),
      () => bus.publishEvent({ subject: 'event.x', payload: new Uint8Array(0) }),
      () => bucket.get('a'),
      () => bucket.keys(''),
    ]) {
      const error = await expectAppError('unavailable', call);
      assert.equal(error.retryable, true);
      assert.match(error.message, /NATS is away/);
    }
    await nats.server().restart();
    await waitFor('the bus to be back', () => bus.status() === 'connected');
    assert.equal(await bus.publishTask(task('k1')), 'duplicate');
    assert.equal(await bus.publishTask(task('k2')), 'queued');
    assert.equal((await bucket.get('a'))?.revision, revision);
    await bucket.update('a', Uint8Array.of(2), revision);
  });

  test('waits out a short outage', async (t) => {
    const bus = await openBus(t);
    const stop = new AbortController();
    t.after(() => stop.abort());
    const events = bus.subscribe('event.>', { signal: stop.signal })[Symbol.asyncIterator]();
    await nats.server().kill();
    await waitFor('the bus to notice', () => bus.status() === 'reconnecting');
    const publishing = bus.publishTask(task('k1'));
    const telling = bus.publishEvent({ subject: 'event.x', payload: Uint8Array.of(1) });
    await nats.server().restart();
    assert.equal(await within('the call', publishing), 'queued');
    await within('the event to be published', telling);
    assert.deepEqual((await within('the event', events.next())).value?.payload, Uint8Array.of(1));
  });

  test('closes while the server is away', async (t) => {
    const bus = await openBus(t);
    const consuming = bus.consume(
      queue,
      { concurrency: 1, signal: new AbortController().signal },
      async () => {},
    );
    await nats.server().kill();
    t.after(() => nats.server().restart());
    await waitFor('the bus to notice', () => bus.status() === 'reconnecting');
    const waiting = expectAppError('failed-precondition', bus.publishTask(task('k1')));
    await within('the bus to close', bus.close());
    await within('the consumer', consuming);
    assert.equal((await within('the call', waiting)).reason, 'BUS_CLOSED');
    assert.equal(bus.status(), 'closed');
  });

  test('keeps a watch over a restart, and shows what changed meanwhile', async (t) => {
    const bus = await openBus(t);
    const writer = await another(t);
    const [bucket, other] = await Promise.all([bus, writer].map((one) => one.openBucket({ name: 'test' })));
    await other!.put('kept', Uint8Array.of(1));
    await other!.put('deleted', Uint8Array.of(1));
    const stop = new AbortController();
    let timesReady = 0;
    const seen: string[] = [];
    const watching = (async () => {
      const onReady = (): void => void timesReady++;
      for await (const { key, entry } of bucket!.watch('', { signal: stop.signal, onReady })) {
        seen.push(`${key} ${entry?.value[0]}`);
      }
    })();
    await waitFor('the watch to be ready', () => timesReady === 1);
    for (let i = 2; i < 4; i++) {
      await nats.server().kill();
      await nats.server().restart();
      await other!.put('changed', Uint8Array.of(i));
      await waitFor('the change', () => seen.includes(`changed ${i}`));
    }
    await other!.delete('deleted');
    await waitFor('the deletion', () => seen.includes('deleted undefined'));
    assert.deepEqual(seen.sort(), ['changed 2', 'changed 3', 'deleted 1', 'deleted undefined', 'kept 1']);
    assert.equal(timesReady, 1);
    stop.abort();
    await within('the watch to end', watching);
  });

  test('keeps the time to live over a restart', async (t) => {
    const bus = await openBus(t);
    const bucket = await bus.openBucket({ name: 'test', ttlMs: 2_000 });
    const stop = new AbortController();
    t.after(() => stop.abort());
    await bucket.put('a', Uint8Array.of(1));
    const changes = bucket.watch('', { signal: stop.signal })[Symbol.asyncIterator]();
    assert.equal((await within('the entry', changes.next())).value?.entry?.value[0], 1);
    await nats.server().kill();
    await nats.server().restart();
    assert.deepEqual((await within('the expiry', changes.next())).value, {
      key: 'a',
      entry: undefined,
    });
    assert.deepEqual(await bucket.keys(''), []);
  });

  test('declares again what the server has lost', async (t) => {
    const publisher = await openBus(t);
    const worker = await another(t);
    const stop = new AbortController();
    const handled: string[] = [];
    const consuming = worker.consume(queue, { concurrency: 1, signal: stop.signal }, async (delivery) => {
      await delivery.ack();
      handled.push(delivery.key);
    });
    const expectHandled = async (key: string): Promise<void> => {
      assert.equal(await publisher.publishTask(task(key)), 'queued');
      await waitFor(`the task ${key}`, () => handled.includes(key));
    };
    await expectHandled('k1');
    const bucket = await publisher.openBucket({ name: 'test' });
    const seen: string[] = [];
    const watching = (async () => {
      for await (const { key, entry } of bucket.watch('', { signal: stop.signal })) {
        seen.push(`${key} ${entry?.revision}`);
      }
    })();
    for (const key of ['lost', 'kept', 'kept']) await bucket.put(key, Uint8Array.of(1));
    await waitFor('the entries', () => seen.includes('kept 3'));

    const connection = await connect({ servers: nats.server().url });
    const { consumers, streams } = await jetstreamManager(connection);
    await consumers.delete('tasks', 'select=cpu');
    await expectHandled('k2');
    await streams.delete('tasks');
    await expectHandled('k3');
    await streams.delete('KV_test');
    await connection.close();
    await bucket.create('kept', Uint8Array.of(1));
    assert.deepEqual(await bucket.keys(''), ['kept']);
    stop.abort();
    await within('the consumer and the watch to end', Promise.all([consuming, watching]));
  });
});
