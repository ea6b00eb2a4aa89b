// The bus contract's part on queues: what is delivered to whom, de-duplication, withdrawal, names.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { maxPayloadBytes } from '@alarena/bus';
import { type MakeBus, openBus, queue, task } from './bus-fixture.js';
import { expectAppError } from './expect-app-error.js';
import { deferred, within } from './waiting.js';

export function busTaskContract(name: string, makeBus: MakeBus): void {
  describe(`${name} keeps the bus contract: tasks`, () => {
    test('delivers a task with all that was published', async (t) => {
      const { bus, consumer } = await openBus(t, makeBus);
      const payload = Uint8Array.of(0, 1, 255);
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
      assert.equal(await bus.publishTask({ queue, key: 'k1', payload, headers: { traceparent } }), 'queued');
      const delivery = await consumer().next();
      assert.equal(delivery.queue, queue);
      assert.equal(delivery.key, 'k1');
      assert.deepEqual(new Uint8Array(delivery.payload), payload);
      assert.equal(delivery.headers.traceparent, traceparent);
      assert.equal(delivery.attempt, 1);
      await delivery.ack();
    });

    test('delivers in the order of publishing', async (t) => {
      const { bus, consumer } = await openBus(t, makeBus);
      const keys = Array.from({ length: 30 }, (_, i) => `k${i}`);
      for (const key of keys) await bus.publishTask(task(key));
      const deliveries = consumer();
      for (const key of keys) {
        const delivery = await deliveries.next();
        assert.equal(delivery.key, key);
        await delivery.ack();
      }
    });

    test('holds one copy of a key while it is queued or being worked on', async (t) => {
      const { bus, consumer } = await openBus(t, makeBus);
      assert.equal(await bus.publishTask(task('k1')), 'queued');
      assert.equal(await bus.publishTask(task('k1')), 'duplicate');
      assert.equal(await bus.publishTask({ ...task('k1'), queue: 'task.select.gpu' }), 'queued');
      const deliveries = consumer();
      const delivery = await deliveries.next();
      assert.equal(await bus.publishTask(task('k1')), 'duplicate');
      await delivery.ack();
      assert.equal(await bus.publishTask(task('k1')), 'queued');
      const again = await deliveries.next();
      assert.equal(again.attempt, 1);
      await again.ack();
      await deliveries.expectEmptyQueue(bus);
    });

    test('makes of many equal tasks published at once a single one', async (t) => {
      const { bus, consumer } = await openBus(t, makeBus);
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => bus.publishTask(task('k1'))));
      assert.equal(outcomes.filter((outcome) => outcome === 'queued').length, 1);
      const deliveries = consumer();
      await (await deliveries.next()).ack();
      await deliveries.expectEmptyQueue(bus);
    });

    test('gives each task to one of several consumers', async (t) => {
      const { bus, consumer } = await openBus(t, makeBus);
      const seen: string[] = [];
      const done = deferred();
      for (let i = 0; i < 3; i++) {
        consumer({
          concurrency: 2,
          handle: async (delivery) => {
            seen.push(delivery.key);
            await delivery.ack();
            if (seen.length === 60) done.resolve();
          },
        });
      }
      const keys = Array.from({ length: 60 }, (_, i) => `k${i}`);
      await Promise.all(keys.map((key) => bus.publishTask(task(key))));
      await within('60 tasks', done.promise);
      assert.deepEqual(seen.sort(), keys.sort());
    });

    test('keeps within the concurrency, and uses all of it', async (t) => {
      const { bus, consumer } = await openBus(t, makeBus);
      const release = deferred();
      const full = deferred();
      const done = deferred();
      let running = 0;
      let most = 0;
      let handled = 0;
      consumer({
        concurrency: 3,
        handle: async (delivery) => {
          running++;
          most = Math.max(most, running);
          if (running === 3) full.resolve();
          await release.promise;
          running--;
          await delivery.ack();
          if (++handled === 12) done.resolve();
        },
      });
      for (let i = 0; i < 12; i++) await bus.publishTask(task(`k${i}`));
      await within('3 running handlers', full.promise);
      release.resolve();
      await within('all tasks', done.promise);
      assert.equal(most, 3);
    });

    test('withdraws what waits, and only that', async (t) => {
      const { bus, consumer } = await openBus(t, makeBus);
      for (const key of ['k1', 'k2', 'k3']) await bus.publishTask(task(key));
      assert.equal(await bus.withdraw(queue, 'k2'), true);
      assert.equal(await bus.withdraw(queue, 'k2'), false);
      assert.equal(await bus.withdraw(queue, 'never'), false);
      assert.equal(await bus.withdraw('task.select.gpu', 'k1'), false);
      const deliveries = consumer();
      for (const key of ['k1', 'k3']) {
        const delivery = await deliveries.next();
        assert.equal(delivery.key, key);
        await delivery.ack();
      }
      assert.equal(await bus.withdraw(queue, 'k1'), false);
      assert.equal(await bus.publishTask(task('k2')), 'queued');
      assert.equal((await deliveries.next()).key, 'k2');
    });

    test('withdraws nothing that was delivered: in work, or to be delivered again', async (t) => {
      const { bus, consumer } = await openBus(t, makeBus);
      await bus.publishTask(task('k1'));
      await bus.publishTask(task('k2'));
      const deliveries = consumer({ concurrency: 2 });
      const failed = await deliveries.next();
      const inWork = await deliveries.next();
      await failed.nak(60_000);
      for (const key of ['k1', 'k2']) {
        assert.equal(await bus.withdraw(queue, key), false);
        assert.equal(await bus.publishTask(task(key)), 'duplicate');
      }
      await inWork.ack();
      assert.equal(await bus.publishTask(task('k2')), 'queued');
    });

    test('stops consuming on abort, and waits for running handlers', async (t) => {
      const { bus } = await openBus(t, makeBus);
      const stop = new AbortController();
      const started = deferred();
      const finish = deferred();
      let resolved = false;
      const consuming = bus.consume(queue, { concurrency: 1, signal: stop.signal }, async (delivery) => {
        started.resolve();
        await finish.promise;
        await delivery.ack();
      });
      void consuming.then(() => {
        resolved = true;
      });
      await bus.publishTask(task('k1'));
      await within('the handler', started.promise);
      stop.abort();
      await bus.publishTask(task('k2'));
      assert.equal(resolved, false);
      finish.resolve();
      await within('the consumer to end', consuming);
      assert.equal(await bus.publishTask(task('k1')), 'queued');
      assert.equal(await bus.publishTask(task('k2')), 'duplicate');
      await bus.consume(queue, { concurrency: 1, signal: AbortSignal.abort() }, async () => assert.fail());
    });

    test('refuses bad names, large payloads and no concurrency', async (t) => {
      const { bus } = await openBus(t, makeBus);
      const refused = async (field: string, call: () => Promise<unknown>): Promise<void> => {
        const error = await expectAppError('invalid-argument', call);
        assert.deepEqual(
          error.violations.map((violation) => violation.field),
          [field],
        );
      };
      for (const bad of [
        '',
        'task',
        'select.cpu',
        'task.select',
        'task.*.cpu',
        'task.select.cpu.k',
        'task..cpu',
      ]) {
        await refused('queue', () => bus.publishTask({ ...task('k1'), queue: bad }));
        await refused('queue', () => bus.withdraw(bad, 'k1'));
        await refused('queue', () =>
          bus.consume(bad, { concurrency: 1, signal: AbortSignal.abort() }, async () => {}),
        );
      }
      for (const bad of ['', 'a.b', '*', 'a b']) {
        await refused('key', () => bus.publishTask(task(bad)));
        await refused('key', () => bus.withdraw(queue, bad));
      }
      for (const bad of ['', 'event', 'task.select.cpu', 'event.*', 'event..x', 'dead.x']) {
        await refused('subject', () => bus.publishEvent({ subject: bad, payload: new Uint8Array(0) }));
      }
      for (const bad of ['>', 'task.>', 'event.>.x', 'event', 'event.a*']) {
        await refused('pattern', async () => bus.subscribe(bad, { signal: AbortSignal.abort() }));
      }
      const large = new Uint8Array(maxPayloadBytes + 1);
      await refused('payload', () => bus.publishTask({ ...task('k1'), payload: large }));
      await refused('payload', () => bus.publishEvent({ subject: 'event.x', payload: large }));
      await refused('headers.a', () => bus.publishTask({ ...task('k1'), headers: { a: 'two\nlines' } }));
      for (const concurrency of [0, -1, 1.5, Number.NaN]) {
        await refused('concurrency', () =>
          bus.consume(queue, { concurrency, signal: AbortSignal.abort() }, async () => {}),
        );
      }
    });
  });
}
