// A worker's place among the workers: it tells what it is and does, and drains when it is asked to. Nothing of this is
// needed to work: while the buckets are away the worker goes on as it is.

import { EventEmitter, once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { KeyValue } from '@alarena/bus';
import type { Logger } from '@alarena/telemetry';
import { Patience } from './patience.js';
import { joinPool } from './pool-profiles.js';
import { encodeEntry } from './stored-entry.js';
import {
  drainKey,
  drainPrefix,
  type WorkerEntry,
  type WorkerInfo,
  type WorkerState,
  workerKey,
} from './worker-entries.js';

export interface AnnounceOptions {
  /** Bucket `workers`, whose entries expire. */
  readonly workers: KeyValue;
  readonly drains: KeyValue;
  readonly pools: KeyValue;
  readonly info: WorkerInfo;
  readonly logger: Logger;
  /** The worker takes no more tasks, as in a drain that is never lifted. */
  readonly leaving?: AbortSignal;
  /** The worker ends: its entry goes. */
  readonly signal: AbortSignal;
  /** Time between renewals of the entry, well below its expiry. Default: 10,000. */
  readonly everyMs?: number;
  /** Least time between entries that differ by `busy` alone. Default: 1,000. */
  readonly busyEveryMs?: number;
}

export interface WorkerRegistration {
  readonly id: string;
  readonly state: WorkerState;
  /** Tasks in work. */
  readonly busy: number;
  /**
   * Calls `take` while the worker serves, again after each drain; its signal aborts when a drain begins. Resolves when
   * `signal` has aborted, or the worker leaves, and `take` has ended. The worker is drained when every `take` has ended.
   */
  serve(take: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void>;
  /** A task begins; to be called when it has ended. */
  begin(): () => void;
  /** Resolves when the signal has aborted and the entry is gone, or could not be removed. */
  readonly closed: Promise<void>;
}

/**
 * Joins the pool, waiting while the buckets are away, and announces the worker until the signal aborts. Fails with
 * `POOL_UNEQUAL` when the pool's workers compute otherwise.
 */
export async function announceWorker(options: AnnounceOptions): Promise<WorkerRegistration> {
  const { pools, info, logger, signal } = options;
  const patience = new Patience({ part: 'buckets', logger });
  const { profile } = info;
  if (profile !== null) await patience.call(() => joinPool(pools, { ...info, profile }, logger), signal);
  return new Registration(options, patience);
}

class Registration implements WorkerRegistration {
  readonly id: string;
  readonly closed: Promise<void>;
  readonly #options: AnnounceOptions;
  readonly #patience: Patience;
  /** `serve` when a drain is lifted, `changed` when there is something new to tell. */
  readonly #events = new EventEmitter().setMaxListeners(0);
  readonly #taking = new Set<AbortController>();
  #draining = false;
  #busy = 0;

  constructor(options: AnnounceOptions, patience: Patience) {
    this.id = options.info.id;
    this.#options = options;
    this.#patience = patience;
    if (this.#left) this.#draining = true;
    options.leaving?.addEventListener('abort', () => this.#leave(), { once: true });
    this.closed = Promise.all([this.#followDrain(), this.#announce()]).then(() => {});
  }

  get state(): WorkerState {
    if (!this.#draining) return 'serving';
    return this.#taking.size === 0 ? 'drained' : 'draining';
  }

  get busy(): number {
    return this.#busy;
  }

  async serve(take: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const stop = new AbortController();
      const onAbort = (): void => stop.abort(signal.reason);
      if (this.#left) return;
      if (this.#draining) {
        await once(this.#events, 'serve', { signal }).catch(() => {});
        continue;
      }
      signal.addEventListener('abort', onAbort, { once: true });
      this.#taking.add(stop);
      try {
        await take(stop.signal);
        // By itself: there is nothing to take any more.
        if (!stop.signal.aborted) return;
      } finally {
        signal.removeEventListener('abort', onAbort);
        this.#taking.delete(stop);
        this.#events.emit('changed');
      }
    }
  }

  begin(): () => void {
    this.#busy++;
    this.#events.emit('changed');
    return () => {
      this.#busy--;
      this.#events.emit('changed');
    };
  }

  get #left(): boolean {
    return this.#options.leaving?.aborted ?? false;
  }

  #leave(): void {
    this.#setDraining(true);
    // Who waits for the end of a drain waits in vain.
    this.#events.emit('serve');
  }

  #setDraining(asked: boolean): void {
    const draining = asked || this.#left;
    if (this.#draining === draining) return;
    this.#draining = draining;
    this.#options.logger.info({ worker: this.id, draining }, draining ? 'draining' : 'serving again');
    if (draining) for (const stop of this.#taking) stop.abort();
    else this.#events.emit('serve');
    this.#events.emit('changed');
  }

  async #followDrain(): Promise<void> {
    const { drains, signal, logger } = this.#options;
    const follow = async (): Promise<void> => {
      let requested = false;
      // A drain that was lifted while the bucket was away is not told: it is just not there.
      const onReady = (): void => this.#setDraining(requested);
      for await (const { key, entry } of drains.watch(drainPrefix, { signal, onReady })) {
        if (key !== drainKey(this.id)) continue;
        requested = entry !== undefined;
        this.#setDraining(requested);
      }
    };
    try {
      await this.#patience.call(follow, signal);
    } catch (error) {
      if (!signal.aborted) logger.error({ err: error, worker: this.id }, 'drains are not heard any more');
    }
  }

  async #announce(): Promise<void> {
    const { workers, signal, logger } = this.#options;
    const key = workerKey(this.id);
    while (!signal.aborted) {
      let told = this.#entry();
      const tell = async (): Promise<void> => {
        told = this.#entry();
        await workers.put(key, encodeEntry(told));
      };
      try {
        await this.#patience.call(tell, signal);
      } catch (error) {
        if (!signal.aborted)
          logger.warn({ err: error, worker: this.id }, 'a worker could not announce itself');
      }
      await this.#untilDue(told);
    }
    // Else it expires.
    await workers.delete(key).catch(() => {});
  }

  #entry(): WorkerEntry {
    return { ...this.#options.info, busy: this.#busy, state: this.state };
  }

  /** A change of state is told at once, a change of `busy` soon. */
  async #untilDue(told: WorkerEntry): Promise<void> {
    const { signal, everyMs = 10_000, busyEveryMs = 1_000 } = this.#options;
    const toldAt = performance.now();
    while (!signal.aborted && this.state === told.state) {
      const afterMs = this.#busy === told.busy ? everyMs : Math.min(busyEveryMs, everyMs);
      const leftMs = toldAt + afterMs - performance.now();
      if (leftMs <= 0) return;
      await this.#changeOr(leftMs);
    }
  }

  async #changeOr(delayMs: number): Promise<void> {
    const { signal } = this.#options;
    const wake = new AbortController();
    const onWake = (): void => wake.abort();
    this.#events.once('changed', onWake);
    signal.addEventListener('abort', onWake, { once: true });
    // A worker that has nothing else to do need not live for this.
    await delay(delayMs, undefined, { signal: wake.signal, ref: false }).catch(() => {});
    this.#events.off('changed', onWake);
    signal.removeEventListener('abort', onWake);
  }
}
