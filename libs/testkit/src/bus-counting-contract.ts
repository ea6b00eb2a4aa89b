// The bus contract's part on what is counted: failures, losses and hand-backs of a task, and the tasks of a queue.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type Delivery, decodeDeadLetter } from '@alarena/bus';
import { expectState, type MakeBus, openBus, queue, task } from './bus-fixture.js';
import { expectAppError } from './expect-app-error.js';

export function busCountingContract(name: string, makeBus: MakeBus, ackWaitMs: number): void {
  describe(`${name} keeps the bus contract: counting`, () => {
    test('counts failures and losses of a task apart, and hand-backs not at all', async (t) => {
      // A failure and a loss together would be the end of it.
      const { bus, consumer } = await openBus(t, makeBus, { ackWaitMs, maxDeliveries: 2 });
      await bus.publishTask(task('k1'));
      const deliveries = consumer({ concurrency: 2 });
      const first = await deliveries.next();
      assert.deepEqual(counts(first), { attempt: 1, failures: 0, losses: 0 });
      await first.nak(0);
      const second = await deliveries.next();
      assert.deepEqual(counts(second), { attempt: 2, failures: 1, losses: 0 });
      await second.handBack();
      const lost = await deliveries.next();
      assert.deepEqual(counts(lost), { attempt: 3, failures: 1, losses: 0 });
      const last = await deliveries.next();
      assert.deepEqual(counts(last), { attempt: 4, failures: 1, losses: 1 });
      await last.ack();
      await bus.publishTask(task('k1'));
      const fresh = await deliveries.next();
      assert.deepEqual(counts(fresh), { attempt: 1, failures: 0, losses: 0 });
      await fresh.ack();
    });

    test('takes a task back as often as it is handed back', async (t) => {
      const { bus, consumer, events } = await openBus(t, makeBus, { maxDeliveries: 2 });
      const dead = events('dead.>');
      await bus.publishTask(task('k1'));
      const deliveries = consumer();
      for (let attempt = 1; attempt <= 4; attempt++) {
        const delivery = await deliveries.next();
        assert.deepEqual(counts(delivery), { attempt, failures: 0, losses: 0 });
        await delivery.handBack();
      }
      await (await deliveries.next()).nak(0);
      await (await deliveries.next()).nak(0);
      assert.equal(decodeDeadLetter(await dead.next()).attempts, 6);
      await deliveries.expectEmptyQueue(bus);
    });

    test('takes no word but an ack from a worker taken for lost', async (t) => {
      const { bus, consumer } = await openBus(t, makeBus, { ackWaitMs, maxDeliveries: 3 });
      const settlements: ((delivery: Delivery) => Promise<void>)[] = [
        (delivery) => delivery.nak(0),
        (delivery) => delivery.handBack(),
        (delivery) => delivery.term('too late'),
      ];
      const deliveries = consumer({ concurrency: 2 });
      for (const settleLate of settlements) {
        await bus.publishTask(task('k1'));
        const lost = await deliveries.next();
        const second = await deliveries.next();
        // Its own clock began later than the bus's.
        await delay(ackWaitMs / 4);
        await second.working();
        await settleLate(lost);
        // What it says first would come before this one.
        assert.equal(await bus.publishTask(task('k1')), 'duplicate');
        await bus.publishTask(task('k2'));
        const next = await deliveries.next();
        assert.equal(next.key, 'k2');
        await next.ack();
        await second.ack();
      }
      await deliveries.expectEmptyQueue(bus);
    });

    test('tells how many tasks of a queue wait and how many are in flight', async (t) => {
      const { bus, consumer } = await openBus(t, makeBus);
      await expectState(bus, { waiting: 0, inFlight: 0 });
      for (const key of ['k1', 'k2', 'k3']) await bus.publishTask(task(key));
      await bus.publishTask({ ...task('k1'), queue: 'task.select.gpu' });
      await expectState(bus, { waiting: 3, inFlight: 0 });
      await bus.withdraw(queue, 'k2');
      await expectState(bus, { waiting: 2, inFlight: 0 });
      const deliveries = consumer();
      const first = await deliveries.next();
      await expectState(bus, { waiting: 1, inFlight: 1 });
      await first.nak(60_000);
      const second = await deliveries.next();
      await expectState(bus, { waiting: 0, inFlight: 2 });
      await second.ack();
      await expectState(bus, { waiting: 0, inFlight: 1 });
      await expectAppError('invalid-argument', () => bus.queueState('select'));
    });

    test('tells whether it is connected', async (t) => {
      const { bus } = await openBus(t, makeBus);
      assert.equal(bus.status(), 'connected');
      await bus.close();
      assert.equal(bus.status(), 'closed');
      const error = await expectAppError('failed-precondition', () => bus.queueState(queue));
      assert.equal(error.reason, 'BUS_CLOSED');
    });
  });
}

function counts({ attempt, failures, losses }: Delivery): Record<'attempt' | 'failures' | 'losses', number> {
  return { attempt, failures, losses };
}
