// One connection to NATS as the adapters use it: calls that wait out an outage, and who wants to know of its end.

import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '@alarena/core';
import type { NatsConnection } from '@nats-io/transport-node';
import type { BusStatus } from './bus.js';
import { busClosed } from './bus-closed.js';
import { fromNats } from './nats-errors.js';

export type BusOperation =
  | 'publish-task'
  | 'publish-event'
  | 'withdraw'
  | 'queue-state'
  | 'consume'
  | 'ack'
  | 'nak'
  | 'working'
  | 'term'
  | 'declare'
  | 'kv-get'
  | 'kv-put'
  | 'kv-create'
  | 'kv-update'
  | 'kv-delete'
  | 'kv-keys'
  | 'kv-watch';

/** Told of each call when it ended: how long it took, waiting included, and whether it succeeded. */
export type OperationObserver = (operation: BusOperation, seconds: number, ok: boolean) => void;

export interface NatsLinkOptions {
  /** How long a call waits for NATS to come back before it fails with `unavailable`. Default: 15 s. */
  readonly patienceMs?: number;
  readonly onOperation?: OperationObserver;
}

/** Of one request; longer than a cluster's election of a new leader usually takes. */
export const requestTimeoutMs = 5_000;

const firstPauseMs = 50;
const longestPauseMs = 2_000;

export class NatsLink {
  readonly connection: NatsConnection;
  readonly #patienceMs: number;
  readonly #observe: OperationObserver;
  readonly #closing = new AbortController();
  readonly #onReconnect = new Set<() => void>();
  readonly #onLost = new Set<() => void>();
  readonly #onAway = new Set<() => void>();
  #connected = true;

  constructor(connection: NatsConnection, { patienceMs = 15_000, onOperation }: NatsLinkOptions = {}) {
    this.connection = connection;
    this.#patienceMs = patienceMs;
    this.#observe = onOperation ?? (() => {});
    // Each call that waits listens.
    setMaxListeners(0, this.#closing.signal);
    void this.#follow();
  }

  status(): BusStatus {
    if (this.#closing.signal.aborted || this.connection.isClosed()) return 'closed';
    return this.#connected ? 'connected' : 'reconnecting';
  }

  /** Tries until it succeeds, fails for a reason that will not pass, or patience ends. */
  async call<T>(operation: BusOperation, attempt: (n: number) => T | Promise<T>): Promise<T> {
    const start = performance.now();
    const elapsedMs = (): number => performance.now() - start;
    for (let n = 1; ; n++) {
      try {
        if (this.status() !== 'connected') await this.#untilConnected(this.#patienceMs - elapsedMs());
        const value = await this.#orLost(() => attempt(n));
        this.#observe(operation, elapsedMs() / 1_000, true);
        return value;
      } catch (thrown) {
        const error = this.#closing.signal.aborted ? busClosed() : fromNats(thrown);
        const waitMs = pauseMs(n);
        if (error.code !== 'unavailable' || elapsedMs() + waitMs > this.#patienceMs) {
          this.#observe(operation, elapsedMs() / 1_000, false);
          throw error;
        }
        for (const listener of this.#onAway) listener();
        await delay(waitMs, undefined, { signal: this.#closing.signal }).catch(() => {});
      }
    }
  }

  /** Called after each outage. Returns what ends that. */
  onReconnect(listener: () => void): () => void {
    this.#onReconnect.add(listener);
    return () => this.#onReconnect.delete(listener);
  }

  /** Called when a call found NATS away: what is known of its state may no longer hold. */
  onAway(listener: () => void): void {
    this.#onAway.add(listener);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.connection.close();
  }

  /** What was asked before the connection was lost is never answered, and the client would wait out its time. */
  #orLost<T>(attempt: () => T | Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const onLost = (): void => reject(lostConnection());
      this.#onLost.add(onLost);
      Promise.resolve()
        .then(attempt)
        .then(resolve, reject)
        .finally(() => this.#onLost.delete(onLost));
    });
  }

  async #untilConnected(limitMs: number): Promise<void> {
    const { signal } = this.#closing;
    if (this.status() === 'closed') throw busClosed();
    await new Promise<void>((resolve, reject) => {
      const end = (settle: () => void): void => {
        stop();
        clearTimeout(timer);
        signal.removeEventListener('abort', onClose);
        settle();
      };
      const onClose = (): void => end(() => reject(busClosed()));
      const stop = this.onReconnect(() => end(resolve));
      const timer = setTimeout(() => end(() => reject(lostConnection())), limitMs);
      signal.addEventListener('abort', onClose, { once: true });
    });
  }

  async #follow(): Promise<void> {
    for await (const { type } of this.connection.status()) {
      if (type === 'disconnect') {
        this.#connected = false;
        for (const listener of [...this.#onLost]) listener();
      } else if (type === 'reconnect') {
        this.#connected = true;
        for (const listener of [...this.#onReconnect]) listener();
      }
    }
  }
}

function lostConnection(): AppError {
  return new AppError('unavailable', 'NATS is away: the connection is lost and being made again', {
    reason: 'NATS_AWAY',
  });
}

/** Doubled with each attempt, and never the same for two processes. */
export function pauseMs(attempt: number): number {
  const longest = Math.min(firstPauseMs * 2 ** Math.min(attempt - 1, 10), longestPauseMs);
  return longest * (0.5 + Math.random() / 2);
}
