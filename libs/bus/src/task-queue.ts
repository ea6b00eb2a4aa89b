// One work queue in memory: which tasks wait, in which order, and which are being worked on until when. A task is in
// exactly one place: waiting (fresh or to be delivered again), delayed (a timer puts it back), or leased (a timer
// takes it away from a silent worker).

import type { Headers, TaskMessage } from './bus.js';

export interface QueuedTask {
  readonly key: string;
  readonly payload: Uint8Array;
  readonly headers: Headers;
}

/** One delivery of a task. Calls on a lease that is over do nothing, except `done`. */
export interface Lease {
  readonly task: QueuedTask;
  readonly attempt: number;
  /** Removes the task even when it was leased to another meanwhile: it is done. */
  done(): void;
  /** Puts the task back after the delay, or buries it when this was the last delivery. */
  release(delayMs: number, reason: string): void;
  renew(): void;
  bury(reason: string): void;
}

export interface TaskQueueSettings {
  readonly ackWaitMs: number;
  readonly maxDeliveries: number;
  /** Called with each task given up, after it left the queue. */
  readonly onDead: (task: QueuedTask, attempts: number, reason: string) => void;
}

interface Entry {
  readonly task: QueuedTask;
  attempts: number;
  state: 'waiting' | 'delayed' | 'leased';
  /** Of the delay or of the lease. */
  timer: NodeJS.Timeout | undefined;
}

export class TaskQueue {
  readonly #settings: TaskQueueSettings;
  readonly #entries = new Map<string, Entry>();
  /** Maps keep insertion order, and any entry can leave in constant time. */
  readonly #fresh = new Map<string, Entry>();
  /** Delivered before fresh ones, as on JetStream. */
  readonly #again = new Map<string, Entry>();
  readonly #takers = new Set<(lease: Lease | undefined) => void>();

  constructor(settings: TaskQueueSettings) {
    this.#settings = settings;
  }

  /** False, and nothing changes, while a task of this key is waiting, delayed or leased. */
  add({ key, payload, headers = {} }: TaskMessage): boolean {
    if (this.#entries.has(key)) return false;
    // Copied: the caller may go on to use its buffer.
    const task = { key, payload: payload.slice(), headers: { ...headers } };
    const entry: Entry = { task, attempts: 0, state: 'waiting', timer: undefined };
    this.#entries.set(key, entry);
    this.#makeReady(entry, this.#fresh);
    return true;
  }

  /** The next task, waiting for one; undefined once the signal has aborted. */
  take(signal: AbortSignal): Promise<Lease | undefined> {
    if (signal.aborted) return Promise.resolve(undefined);
    const entry = first(this.#again) ?? first(this.#fresh);
    if (entry !== undefined) return Promise.resolve(this.#lease(entry));
    return new Promise((resolve) => {
      const taker = (lease: Lease | undefined): void => {
        this.#takers.delete(taker);
        signal.removeEventListener('abort', stop);
        resolve(lease);
      };
      const stop = (): void => taker(undefined);
      signal.addEventListener('abort', stop, { once: true });
      this.#takers.add(taker);
    });
  }

  /** Removes a task that is not being worked on. */
  withdraw(key: string): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.state === 'leased') return false;
    this.#remove(entry);
    return true;
  }

  /** Stops all timers; the queue delivers nothing more. */
  stop(): void {
    for (const entry of this.#entries.values()) clearTimeout(entry.timer);
    this.#entries.clear();
    this.#fresh.clear();
    this.#again.clear();
  }

  #makeReady(entry: Entry, waiting: Map<string, Entry>): void {
    entry.state = 'waiting';
    waiting.set(entry.task.key, entry);
    const [taker] = this.#takers;
    taker?.(this.#lease(entry));
  }

  #lease(entry: Entry): Lease {
    const { key } = entry.task;
    this.#fresh.delete(key);
    this.#again.delete(key);
    entry.state = 'leased';
    entry.attempts++;
    const attempt = entry.attempts;
    const isOutstanding = (): boolean => this.#entries.get(key) === entry;
    const whileLeased = (act: () => void): void => {
      if (isOutstanding() && entry.state === 'leased' && entry.attempts === attempt) act();
    };
    const arm = (): void => {
      clearTimeout(entry.timer);
      entry.timer = setTimeout(() => {
        this.#release(entry, 0, `no heartbeat within ${this.#settings.ackWaitMs} ms`);
      }, this.#settings.ackWaitMs);
    };
    arm();
    return {
      task: entry.task,
      attempt,
      done: () => {
        if (isOutstanding()) this.#remove(entry);
      },
      release: (delayMs, reason) => whileLeased(() => this.#release(entry, delayMs, reason)),
      renew: () => whileLeased(arm),
      bury: (reason) => whileLeased(() => this.#bury(entry, reason)),
    };
  }

  #release(entry: Entry, delayMs: number, reason: string): void {
    clearTimeout(entry.timer);
    if (entry.attempts >= this.#settings.maxDeliveries) {
      this.#bury(entry, `${reason} (delivery ${entry.attempts} of ${this.#settings.maxDeliveries})`);
    } else if (delayMs <= 0) {
      this.#makeReady(entry, this.#again);
    } else {
      entry.state = 'delayed';
      entry.timer = setTimeout(() => this.#makeReady(entry, this.#again), delayMs);
    }
  }

  #bury(entry: Entry, reason: string): void {
    this.#remove(entry);
    this.#settings.onDead(entry.task, entry.attempts, reason);
  }

  #remove(entry: Entry): void {
    const { key } = entry.task;
    clearTimeout(entry.timer);
    this.#entries.delete(key);
    this.#fresh.delete(key);
    this.#again.delete(key);
  }
}

function first(entries: ReadonlyMap<string, Entry>): Entry | undefined {
  for (const entry of entries.values()) return entry;
  return undefined;
}
