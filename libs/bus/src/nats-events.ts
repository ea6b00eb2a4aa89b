// Events from NATS for the subscribers of this process: one subscription on the server for each pattern asked for.

import type { Subscription as NatsSubscription } from '@nats-io/transport-node';
import type { NatsLink } from './nats-link.js';
import { fromNatsHeaders, plainBytes } from './nats-message.js';
import { Subscription } from './subscription.js';

interface Listened {
  readonly readers: Set<Subscription>;
  readonly subscription: NatsSubscription;
}

export class NatsEvents {
  readonly #link: NatsLink;
  readonly #patterns = new Map<string, Listened>();

  constructor(link: NatsLink) {
    this.#link = link;
  }

  subscribe(pattern: string, limit: number, onEnd: () => void): Subscription {
    const listened = this.#patterns.get(pattern) ?? this.#listen(pattern);
    const reader = new Subscription(pattern, limit, () => {
      listened.readers.delete(reader);
      if (listened.readers.size === 0) this.#stop(pattern, listened);
      onEnd();
    });
    listened.readers.add(reader);
    return reader;
  }

  end(): void {
    for (const { readers } of [...this.#patterns.values()]) for (const reader of [...readers]) reader.end();
  }

  #listen(pattern: string): Listened {
    const readers = new Set<Subscription>();
    const subscription = this.#link.connection.subscribe(pattern, {
      // An error is the end of the subscription for want of permission; the server's log names the subject.
      callback: (error, message) => {
        if (error !== null) return;
        const { subject, data, headers } = message;
        const event = { subject, payload: plainBytes(data), headers: fromNatsHeaders(headers) };
        for (const reader of readers) reader.offer(event);
      },
    });
    const listened = { readers, subscription };
    this.#patterns.set(pattern, listened);
    return listened;
  }

  #stop(pattern: string, { subscription }: Listened): void {
    this.#patterns.delete(pattern);
    if (!this.#link.connection.isClosed()) subscription.unsubscribe();
  }
}
