// What the contract (libs/testkit) leaves to the adapter.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeDeadLetter } from './dead-letters.js';
import type { HandlerFailure } from './handle-delivery.js';
import { InProcessBus } from './in-process-bus.js';

const queue = 'task.fit.gpu';

describe('the in-process bus', () => {
  test('waits twice as long after each failure of a handler, up to a minute', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const failures: HandlerFailure[] = [];
    let failed = (): void => {};
    const bus = new InProcessBus({
      retryDelayMs: 20_000,
      maxDeliveries: 5,
      ackWaitMs: 1_000_000,
      onHandlerFailure: (failure) => {
        failures.push(failure);
        failed();
      },
    });
    const nextFailure = (): Promise<void> =>
      new Promise((resolve) => {
        failed = resolve;
      });
    const stop = new AbortController();
    let first = nextFailure();
    const consuming = bus.consume(queue, { concurrency: 1, signal: stop.signal }, async ({ attempt }) => {
      throw new RangeError(`attempt ${attempt}`);
    });
    await bus.publishTask({ queue, key: 'k', payload: new Uint8Array(0) });
    await first;
    for (const delayMs of [20_000, 40_000, 60_000, 60_000]) {
      const before = failures.length;
      first = nextFailure();
      t.mock.timers.tick(delayMs - 1);
      await Promise.resolve();
      assert.equal(failures.length, before);
      t.mock.timers.tick(1);
      await first;
    }
    assert.deepEqual(
      failures.map(({ key, attempt, error }) => [key, attempt, error.message]),
      [1, 2, 3, 4, 5].map((attempt) => ['k', attempt, `attempt ${attempt}`]),
    );
    stop.abort();
    await consuming;
    await bus.close();
  });

  test('keeps a copy: a publisher may go on to use its buffers', async () => {
    const bus = new InProcessBus();
    const stop = new AbortController();
    const payload = Uint8Array.of(1);
    const events = bus.subscribe('event.>', { signal: stop.signal })[Symbol.asyncIterator]();
    await bus.publishTask({ queue, key: 'k', payload });
    await bus.publishEvent({ subject: 'event.x', payload });
    payload[0] = 2;
    assert.deepEqual((await events.next()).value?.payload, Uint8Array.of(1));
    await bus.consume(queue, { concurrency: 1, signal: stop.signal }, async (delivery) => {
      assert.deepEqual(delivery.payload, Uint8Array.of(1));
      await delivery.ack();
      stop.abort();
    });
    await bus.close();
  });

  test('leaves no timer behind when it closes', async () => {
    const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const bus = new InProcessBus();
    const stop = new AbortController();
    for (const key of ['delayed', 'acked', 'waiting'])
      await bus.publishTask({ queue, key, payload: new Uint8Array(0) });
    await bus.consume(queue, { concurrency: 1, signal: stop.signal }, async (delivery) => {
      if (delivery.key === 'delayed') return delivery.nak(60_000);
      await delivery.ack();
      stop.abort();
    });
    await bus.close();
    const after = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    assert.equal(after, before);
  });
});

test('a dead letter that is none is refused', () => {
  for (const text of ['', 'null', '{}', '{"queue":"q","key":"k","attempts":"1","reason":""}']) {
    const event = { subject: 'dead.x', payload: Buffer.from(text), headers: {} };
    assert.throws(() => decodeDeadLetter(event), { code: 'invalid-argument' });
  }
});
