// What the bus contract's tests share: a bus with consumers and subscribers that a test reads from step by step, and
// that are stopped at its end.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import type { Bus, BusEvent, Delivery, QueueState } from '@alarena/bus';
import { type Deferred, deferred, waitFor, within } from './waiting.js';

/** What an adapter is to be made with. */
export interface BusSettings {
  readonly ackWaitMs: number;
  readonly maxDeliveries: number;
  readonly retryDelayMs: number;
}

export interface BusUnderTest {
  /** Nothing is queued. */
  readonly bus: Bus;
  /** Called after the test, also when it closed the bus. */
  dispose(): Promise<void>;
}

export type MakeBus = (settings: BusSettings) => Promise<BusUnderTest>;

export interface ConsumerOptions {
  readonly concurrency?: number;
  /** Default: deliveries are handed to the test by `next`, and their handler runs until the test settles them. */
  readonly handle?: (delivery: Delivery) => Promise<void>;
}

export const queue = 'task.select.cpu';

export function task(key: string): { queue: string; key: string; payload: Uint8Array } {
  return { queue, key, payload: new TextEncoder().encode(`payload of ${key}`) };
}

export async function openBus(
  t: TestContext,
  makeBus: MakeBus,
  settings: Partial<BusSettings> = {},
): Promise<BusFixture> {
  // The ack wait is out of reach unless the test is about it.
  const { bus, dispose } = await makeBus({
    ackWaitMs: 60_000,
    maxDeliveries: 5,
    retryDelayMs: 1,
    ...settings,
  });
  const fixture = new BusFixture(bus);
  t.after(async () => {
    await fixture.stop();
    await dispose();
  });
  return fixture;
}

/** A server may count a moment later. */
export async function expectState(bus: Bus, expected: QueueState, of = queue): Promise<void> {
  let state: QueueState | undefined;
  try {
    await waitFor('the state of the queue', async () => {
      state = await bus.queueState(of);
      return isDeepStrictEqual(state, expected);
    });
  } catch {
    assert.deepEqual(state, expected);
  }
}

export class BusFixture {
  readonly bus: Bus;
  readonly #stop = new AbortController();
  readonly #stopped = deferred();
  readonly #consuming: Promise<void>[] = [];

  constructor(bus: Bus) {
    this.bus = bus;
  }

  readonly consumer = ({ concurrency = 1, handle }: ConsumerOptions = {}): DeliveryReader => {
    const reader = new DeliveryReader();
    const handler = handle ?? ((delivery) => Promise.race([reader.hand(delivery), this.#stopped.promise]));
    this.#consuming.push(this.bus.consume(queue, { concurrency, signal: this.#stop.signal }, handler));
    return reader;
  };

  readonly events = (pattern: string, bufferedEvents?: number): EventReader =>
    new EventReader(this.bus.subscribe(pattern, { signal: this.#stop.signal, bufferedEvents }));

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#stopped.resolve();
    await within('the consumers to end', Promise.all(this.#consuming));
  }
}

export class DeliveryReader {
  readonly #deliveries: Delivery[] = [];
  readonly #waiting: Deferred<Delivery>[] = [];

  /** Resolves when the test has settled the delivery. */
  hand(delivery: Delivery): Promise<void> {
    const settled = deferred();
    const settling = async (call: Promise<void>): Promise<void> => {
      await call;
      settled.resolve();
    };
    const watched: Delivery = {
      ...delivery,
      ack: () => settling(delivery.ack()),
      nak: (delayMs) => settling(delivery.nak(delayMs)),
      handBack: () => settling(delivery.handBack()),
      term: (reason) => settling(delivery.term(reason)),
    };
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#deliveries.push(watched);
    else waiting.resolve(watched);
    return settled.promise;
  }

  next(): Promise<Delivery> {
    const delivery = this.#deliveries.shift();
    if (delivery !== undefined) return Promise.resolve(delivery);
    const waiting = deferred<Delivery>();
    this.#waiting.push(waiting);
    return within('a delivery', waiting.promise);
  }

  /** Fails unless the queue is empty: a task published now is the next to come. */
  async expectEmptyQueue(bus: Bus): Promise<void> {
    assert.equal(await bus.publishTask(task('sentinel')), 'queued');
    const delivery = await this.next();
    assert.equal(delivery.key, 'sentinel');
    await delivery.ack();
  }
}

export class EventReader {
  readonly #events: AsyncIterator<BusEvent>;

  constructor(events: AsyncIterable<BusEvent>) {
    this.#events = events[Symbol.asyncIterator]();
  }

  async next(): Promise<BusEvent> {
    const step = await within('an event', this.#events.next());
    return step.done ? assert.fail('the subscription ended') : step.value;
  }
}
