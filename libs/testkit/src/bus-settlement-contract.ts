// The bus contract's part on the end of a delivery: heartbeats, redelivery, retries, dead letters.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { decodeDeadLetter } from '@alarena/bus';
import { type MakeBus, openBus, queue, task } from './bus-fixture.js';
import { deferred, waitFor, within } from './waiting.js';

export function busSettlementContract(name: string, makeBus: MakeBus, ackWaitMs: number): void {
  describe(`${name} keeps the bus contract: settlement`, () => {
    test('delivers again when the heartbeat stops', async (t) => {
      const { bus, consumer } = await openBus(t, makeBus, { ackWaitMs });
      await bus.publishTask(task('k1'));
      const deliveries = consumer({ concurrency: 2 });
      const lost = await deliveries.next();
      const second = await deliveries.next();
      assert.equal(second.key, 'k1');
      assert.equal(second.attempt, 2);
      assert.deepEqual(new Uint8Array(second.payload), task('k1').payload);
      await second.ack();
      // The worker taken for lost finishes after all.
      await lost.ack();
      await deliveries.expectEmptyQueue(bus);
    });

    test('does not deliver again while the handler is working', async (t) => {
      const { bus, consumer } = await openBus(t, makeBus, { ackWaitMs });
      await bus.publishTask(task('k1'));
      const deliveries = consumer({ concurrency: 2 });
      const delivery = await deliveries.next();
      // The time that passes is the matter of this test: three times what a silent handler would have had.
      for (let i = 0; i < 12; i++) {
        await delay(ackWaitMs / 4);
        await delivery.working();
      }
      await delivery.ack();
      await deliveries.expectEmptyQueue(bus);
    });

    test('delivers again after a nak, not before its delay', async (t) => {
      const { bus, consumer } = await openBus(t, makeBus);
      await bus.publishTask(task('k1'));
      const deliveries = consumer();
      const start = performance.now();
      await (await deliveries.next()).nak(150);
      const second = await deliveries.next();
      // A timer may be early by the rounding of a clock.
      assert.ok(performance.now() - start >= 145);
      assert.equal(second.attempt, 2);
      assert.equal(await bus.publishTask(task('k1')), 'duplicate');
      await second.ack();
      await deliveries.expectEmptyQueue(bus);
    });

    test('takes a handler that throws, or settles nothing, for failed', async (t) => {
      const { bus, consumer } = await openBus(t, makeBus);
      const attempts: number[] = [];
      const done = deferred();
      consumer({
        handle: async (delivery) => {
          attempts.push(delivery.attempt);
          if (delivery.attempt === 1) throw new Error('the handler broke');
          if (delivery.attempt === 3) {
            await delivery.ack();
            done.resolve();
          }
        },
      });
      await bus.publishTask(task('k1'));
      await within('the third attempt', done.promise);
      assert.deepEqual(attempts, [1, 2, 3]);
    });

    test('makes a dead letter of a terminated task', async (t) => {
      const { bus, consumer, events } = await openBus(t, makeBus);
      const dead = events('dead.>');
      await bus.publishTask(task('k1'));
      const deliveries = consumer();
      await (await deliveries.next()).term('the images are not readable');
      const event = await dead.next();
      assert.equal(event.subject, `dead.${queue}.k1`);
      const letter = decodeDeadLetter(event);
      assert.deepEqual(letter, { queue, key: 'k1', attempts: 1, reason: 'the images are not readable' });
      await deliveries.expectEmptyQueue(bus);
      assert.equal(await bus.publishTask(task('k1')), 'queued');
      const again = await deliveries.next();
      assert.equal(again.attempt, 1);
      await again.ack();
    });

    test('makes a dead letter of a task that failed too often, with the last cause', async (t) => {
      const { bus, consumer, events } = await openBus(t, makeBus, { maxDeliveries: 3 });
      const dead = events(`dead.${queue}.*`);
      const attempts: number[] = [];
      consumer({
        handle: async (delivery) => {
          attempts.push(delivery.attempt);
          throw new Error(`cause ${delivery.attempt}`);
        },
      });
      await bus.publishTask(task('k1'));
      const letter = decodeDeadLetter(await dead.next());
      assert.equal(letter.attempts, 3);
      assert.match(letter.reason, /cause 3/);
      assert.deepEqual(attempts, [1, 2, 3]);
      // The letter goes first.
      await waitFor('the key to be free', async () => (await bus.publishTask(task('k1'))) === 'queued');
    });

    test('makes a dead letter of a task that loses its worker too often', async (t) => {
      const { bus, consumer, events } = await openBus(t, makeBus, { ackWaitMs, maxDeliveries: 2 });
      const dead = events('dead.task.select.*.k1');
      await bus.publishTask(task('k1'));
      const deliveries = consumer({ concurrency: 3 });
      await deliveries.next();
      await deliveries.next();
      const letter = decodeDeadLetter(await dead.next());
      assert.equal(letter.attempts, 2);
      assert.match(letter.reason, /heartbeat/);
      await deliveries.expectEmptyQueue(bus);
    });

    test('counts the first settlement only', async (t) => {
      const { bus, consumer } = await openBus(t, makeBus);
      await bus.publishTask(task('k1'));
      const deliveries = consumer();
      const delivery = await deliveries.next();
      await delivery.ack();
      await delivery.nak(0);
      await delivery.term('too late');
      await delivery.working();
      await deliveries.expectEmptyQueue(bus);
    });
  });
}
