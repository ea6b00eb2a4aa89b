// One work queue in memory: which tasks wait, in which order, and which are being worked on until when. A task is in
// exactly one place: waiting (fresh or to be delivered again), delayed (a timer puts it back), or delivered (a timer
// takes it away from a silent worker).

import type { QueueState, TaskMessage } from './bus.js';
import { lastFailure, lastLoss } from './dead-letters.js';
import type { QueuedTask, UnsettledDelivery } from './handle-delivery.js';

export interface TaskQueueSettings {
  readonly ackWaitMs: number;
  /** Failures of a task, and losses of its workers, each. */
  readonly maxDeliveries: number;
  /** Called with each task given up, after it left the queue. */
  readonly onDead: (task: QueuedTask, attempts: number, reason: string) => void;
}

interface Entry {
  readonly task: QueuedTask;
  attempts: number;
  failures: number;
  losses: number;
  state: 'waiting' | 'delayed' | 'delivered';
  /** Of the delay or of the ack deadline. */
  timer: NodeJS.Timeout | undefined;
}

export class TaskQueue {
  readonly #settings: TaskQueueSettings;
  readonly #entries = new Map<string, Entry>();
  /** Maps keep insertion order, and any entry can leave in constant time. */
  readonly #fresh = new Map<string, Entry>();
  /** Delivered before fresh ones, as on JetStream. */
  readonly #again = new Map<string, Entry>();
  readonly #takers = new Set<(delivery: UnsettledDelivery | undefined) => void>();

  constructor(settings: TaskQueueSettings) {
    this.#settings = settings;
  }

  /** False, and nothing changes, while a task of this key is waiting, delayed or delivered. */
  add({ key, payload, headers = {} }: TaskMessage): boolean {
    if (this.#entries.has(key)) return false;
    // Copied: the caller may go on to use its buffer.
    const task = { key, payload: payload.slice(), headers: { ...headers } };
    const entry: Entry = { task, attempts: 0, failures: 0, losses: 0, state: 'waiting', timer: undefined };
    this.#entries.set(key, entry);
    this.#makeReady(entry, this.#fresh);
    return true;
  }

  /** The next task, waiting for one; undefined once the signal has aborted. */
  take(signal: AbortSignal): Promise<UnsettledDelivery | undefined> {
    if (signal.aborted) return Promise.resolve(undefined);
    const entry = first(this.#again) ?? first(this.#fresh);
    if (entry !== undefined) return Promise.resolve(this.#deliver(entry));
    return new Promise((resolve) => {
      const taker = (delivery: UnsettledDelivery | undefined): void => {
        this.#takers.delete(taker);
        signal.removeEventListener('abort', stop);
        resolve(delivery);
      };
      const stop = (): void => taker(undefined);
      signal.addEventListener('abort', stop, { once: true });
      this.#takers.add(taker);
    });
  }

  /** Removes a task that was never delivered. */
  withdraw(key: string): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.attempts > 0) return false;
    this.#remove(entry);
    return true;
  }

  state(): QueueState {
    const waiting = this.#fresh.size;
    return { waiting, inFlight: this.#entries.size - waiting };
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
    taker?.(this.#deliver(entry));
  }

  #deliver(entry: Entry): UnsettledDelivery {
    const { key } = entry.task;
    this.#fresh.delete(key);
    this.#again.delete(key);
    entry.state = 'delivered';
    entry.attempts++;
    const attempt = entry.attempts;
    const isOutstanding = (): boolean => this.#entries.get(key) === entry;
    const whileDelivered = (act: () => void): void => {
      if (isOutstanding() && entry.state === 'delivered' && entry.attempts === attempt) act();
    };
    const arm = (): void => {
      clearTimeout(entry.timer);
      entry.timer = setTimeout(() => this.#lose(entry), this.#settings.ackWaitMs);
    };
    arm();
    return {
      task: entry.task,
      attempt,
      failures: entry.failures,
      losses: entry.losses,
      done: () => {
        if (isOutstanding()) this.#remove(entry);
      },
      fail: (delayMs, reason) => whileDelivered(() => this.#fail(entry, delayMs, reason)),
      handBack: () => whileDelivered(() => this.#release(entry, 0)),
      extend: () => whileDelivered(arm),
      bury: (reason) => whileDelivered(() => this.#bury(entry, reason)),
    };
  }

  #fail(entry: Entry, delayMs: number, reason: string): void {
    const { maxDeliveries } = this.#settings;
    entry.failures++;
    if (entry.failures < maxDeliveries) this.#release(entry, delayMs);
    else this.#bury(entry, lastFailure(reason, maxDeliveries));
  }

  #lose(entry: Entry): void {
    const { maxDeliveries, ackWaitMs } = this.#settings;
    entry.losses++;
    if (entry.losses < maxDeliveries) this.#release(entry, 0);
    else this.#bury(entry, lastLoss(ackWaitMs, maxDeliveries));
  }

  #release(entry: Entry, delayMs: number): void {
    clearTimeout(entry.timer);
    if (delayMs <= 0) {
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
