// Takes tasks of one queue from its consumer by pull requests, for free slots only: what is not asked for stays on the
// server, for other workers.

import { setTimeout as delay } from 'node:timers/promises';
import { createInbox, type Msg, nanos } from '@nats-io/transport-node';
import { type NatsLink, pauseMs } from './nats-link.js';
import { consumerName, taskStreamName } from './topology.js';

export interface TaskPullerOptions {
  readonly link: NatsLink;
  readonly queue: string;
  readonly concurrency: number;
  readonly signal: AbortSignal;
  /** Makes sure of the consumer. */
  readonly declare: () => Promise<void>;
  /** Works on a task; never rejects. */
  readonly handle: (message: Msg) => Promise<void>;
  /** Gives back a task that came when no slot was free; never rejects. */
  readonly handBack: (message: Msg) => Promise<void>;
}

/** The server answers a request that found no task after this time. */
const requestMs = 60_000;
/** Should an answer get lost, its slots are free again after this time. */
const sessionMs = 300_000;
/** Status codes of the server's own messages. */
const heartbeat = 100;
const expired = 408;

export class TaskPuller {
  readonly #options: TaskPullerOptions;
  readonly #running = new Set<Promise<void>>();
  /** Asks for as many tasks as there are free slots that have not asked. */
  #request: () => void = () => {};
  #failures = 0;

  constructor(options: TaskPullerOptions) {
    this.#options = options;
  }

  /** Until the signal aborts and the tasks taken are through. */
  async run(): Promise<void> {
    const { link, signal, declare } = this.#options;
    while (!signal.aborted) {
      try {
        await orAborted(declare(), signal);
      } catch (thrown) {
        // An outage longer than a call's patience; consumers have no end to theirs.
        if (link.status() !== 'reconnecting') throw thrown;
        continue;
      }
      if (signal.aborted) break;
      const wasFine = await this.#session();
      this.#failures = wasFine ? 0 : this.#failures + 1;
      if (!wasFine) await pause(pauseMs(this.#failures), signal);
    }
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** Takes tasks until the signal aborts or the requests may have been lost; true unless the server refused. */
  #session(): Promise<boolean> {
    const { link, queue, concurrency, signal } = this.#options;
    const { connection } = link;
    return new Promise((resolve) => {
      const inbox = createInbox();
      let asked = 0;
      let over = false;
      const end = (fine: boolean): void => {
        if (over) return;
        over = true;
        clearTimeout(timer);
        signal.removeEventListener('abort', stop);
        forgetReconnect();
        // Tasks already on their way still arrive; then the server knows that nobody listens any more.
        const ended = link.status() === 'connected' ? subscription.drain() : subscription.unsubscribe();
        void Promise.resolve(ended)
          .catch(() => {})
          .then(() => resolve(fine));
      };
      const stop = (): void => end(true);
      const subscription = connection.subscribe(inbox, {
        callback: (error, message) => {
          const code = message?.headers?.code ?? 0;
          if (error !== null) end(false);
          else if (code === 0) {
            asked--;
            this.#take(message);
          } else if (code === expired) {
            asked -= Number.parseInt(message.headers?.get('Nats-Pending-Messages') || '1', 10);
            this.#request();
          } else if (code !== heartbeat) end(false);
        },
      });
      const timer = setTimeout(stop, sessionMs);
      const forgetReconnect = link.onReconnect(stop);
      signal.addEventListener('abort', stop, { once: true });
      this.#request = () => {
        const free = concurrency - this.#running.size - asked;
        if (over || free <= 0) return;
        asked += free;
        const request = JSON.stringify({ batch: free, expires: nanos(requestMs) });
        const subject = `$JS.API.CONSUMER.MSG.NEXT.${taskStreamName}.${consumerName(queue)}`;
        connection.publish(subject, request, { reply: inbox });
      };
      this.#request();
    });
  }

  #take(message: Msg): void {
    const { concurrency, signal, handle, handBack } = this.#options;
    const work = signal.aborted || this.#running.size >= concurrency ? handBack : handle;
    const running = work(message).then(() => {
      this.#running.delete(running);
      this.#request();
    });
    this.#running.add(running);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return delay(ms, undefined, { signal }).catch(() => {});
}

/** A declaration waits for NATS; a consumer that ends does not wait for it. */
async function orAborted(declared: Promise<void>, signal: AbortSignal): Promise<void> {
  declared.catch(() => {});
  let stop = (): void => {};
  const aborted = new Promise<void>((resolve) => {
    stop = resolve;
    signal.addEventListener('abort', stop, { once: true });
  });
  await Promise.race([declared, aborted]);
  signal.removeEventListener('abort', stop);
}
