// The bus contract's part on events, and on closing.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type MakeBus, openBus, queue, task } from './bus-fixture.js';
import { expectAppError } from './expect-app-error.js';
import { deferred, within } from './waiting.js';

export function busEventContract(name: string, makeBus: MakeBus): void {
  describe(`${name} keeps the bus contract: events`, () => {
    test('gives every event to every subscriber, in order', async (t) => {
      const { bus, events } = await openBus(t, makeBus);
      const subscribers = [events('event.c1.round'), events('event.c1.round'), events('event.>')];
      for (let i = 0; i < 5; i++) {
        await bus.publishEvent({
          subject: 'event.c1.round',
          payload: Uint8Array.of(i),
          headers: { n: `${i}` },
        });
      }
      for (const subscriber of subscribers) {
        for (let i = 0; i < 5; i++) {
          const event = await subscriber.next();
          assert.equal(event.subject, 'event.c1.round');
          assert.deepEqual(new Uint8Array(event.payload), Uint8Array.of(i));
          assert.equal(event.headers.n, `${i}`);
        }
      }
    });

    test('matches subjects by tokens', async (t) => {
      const { bus, events } = await openBus(t, makeBus);
      const expected = {
        'event.c1.*': ['event.c1.round', 'event.c1.end'],
        'event.*.round': ['event.c1.round', 'event.c2.round'],
        'event.c1.>': ['event.c1.round', 'event.c1.cell.k', 'event.c1.end'],
        'event.*.*.*': ['event.c1.cell.k'],
        'event.c1.end': ['event.c1.end'],
      };
      const readers = Object.entries(expected).map(([pattern, subjects]) => ({
        pattern,
        subjects,
        reader: events(pattern),
      }));
      // Twice: what is too much in the first series shows in place of the second's.
      const published = ['event.c1', 'event.c1.round', 'event.c2.round', 'event.c1.cell.k', 'event.c1.end'];
      for (const subject of [...published, ...published]) {
        await bus.publishEvent({ subject, payload: new Uint8Array(0) });
      }
      for (const { pattern, subjects, reader } of readers) {
        for (const subject of [...subjects, ...subjects]) {
          assert.equal((await reader.next()).subject, subject, pattern);
        }
      }
    });

    test('keeps the newest events for a slow subscriber, and never waits for it', async (t) => {
      const { bus, events } = await openBus(t, makeBus);
      const slow = events('event.>', 4);
      const quick = events('event.>');
      for (let i = 0; i < 50; i++) {
        await bus.publishEvent({ subject: 'event.n', payload: Uint8Array.of(i) });
      }
      for (let i = 0; i < 50; i++) assert.equal((await quick.next()).payload[0], i);
      const kept: (number | undefined)[] = [];
      for (let i = 0; i < 4; i++) kept.push((await slow.next()).payload[0]);
      assert.deepEqual(kept, [46, 47, 48, 49]);
    });

    test('ends a subscription on abort, and when its reader leaves', async (t) => {
      const { bus } = await openBus(t, makeBus);
      const stop = new AbortController();
      const reading = (async () => {
        let count = 0;
        for await (const _ of bus.subscribe('event.>', { signal: stop.signal })) {
          count++;
          stop.abort();
        }
        return count;
      })();
      await bus.publishEvent({ subject: 'event.a', payload: new Uint8Array(0) });
      assert.equal(await within('the subscription to end', reading), 1);
      const leaving = (async () => {
        for await (const event of bus.subscribe('event.>', { signal: new AbortController().signal }))
          return event;
        return undefined;
      })();
      await bus.publishEvent({ subject: 'event.b', payload: new Uint8Array(0) });
      assert.equal((await within('an event', leaving))?.subject, 'event.b');
      await bus.publishEvent({ subject: 'event.c', payload: new Uint8Array(0) });
    });

    test('closes cleanly: handlers finish, consumers and subscriptions end, calls are refused', async (t) => {
      const { bus } = await openBus(t, makeBus);
      const { signal } = new AbortController();
      const started = deferred();
      const finish = deferred();
      const handled: string[] = [];
      const consuming = bus.consume(queue, { concurrency: 1, signal }, async (delivery) => {
        started.resolve();
        await finish.promise;
        await bus.publishEvent({ subject: 'event.done', payload: new Uint8Array(0) });
        await delivery.ack();
        handled.push(delivery.key);
      });
      const subscription = (async () => {
        const subjects: string[] = [];
        for await (const event of bus.subscribe('event.>', { signal })) subjects.push(event.subject);
        return subjects;
      })();
      await bus.publishTask(task('k1'));
      await bus.publishTask(task('k2'));
      await within('the handler', started.promise);
      const closing = bus.close();
      finish.resolve();
      await within('the bus to close', Promise.all([closing, consuming]));
      assert.deepEqual(handled, ['k1']);
      assert.deepEqual(await within('the subscription to end', subscription), ['event.done']);
      await bus.close();
      for (const call of [
        () => bus.publishTask(task('k3')),
        () => bus.publishEvent({ subject: 'event.x', payload: new Uint8Array(0) }),
        () => bus.withdraw(queue, 'k2'),
        () => bus.consume(queue, { concurrency: 1, signal }, async () => {}),
        async () => bus.subscribe('event.>', { signal }),
      ]) {
        assert.equal((await expectAppError('failed-precondition', call)).reason, 'BUS_CLOSED');
      }
    });
  });
}
