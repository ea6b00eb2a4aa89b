// The bus port: work queues for tasks, and events. Its promises are those NATS JetStream can keep: tasks are delivered
// at least once, events at most once. Queues are named `task.<kind>.<pool>`, events `event.…`.

export type Headers = Readonly<Record<string, string>>;

export interface TaskMessage {
  /** `task.<kind>.<pool>`. */
  readonly queue: string;
  /** The task's name within its queue: letters, digits, `_` and `-`. */
  readonly key: string;
  /** At most `maxPayloadBytes`: arrays travel by reference. */
  readonly payload: Uint8Array;
  readonly headers?: Headers | undefined;
}

/**
 * One attempt at a task. The handler settles it by `ack`, `nak`, `handBack` or `term`; the first of them counts. A
 * handler that throws, or returns without settling, has failed: that is a `nak` with a delay that grows with the
 * failures.
 */
export interface Delivery {
  readonly queue: string;
  readonly key: string;
  readonly payload: Uint8Array;
  readonly headers: Headers;
  /** 1 for the first delivery. */
  readonly attempt: number;
  /** Earlier deliveries that failed (`nak`). */
  readonly failures: number;
  /** Earlier deliveries whose worker was lost: neither settled nor kept alive by a heartbeat. */
  readonly losses: number;
  /** Done: the task is gone and its key free. Counts also when the task was meanwhile delivered to another. */
  ack(): Promise<void>;
  /** Failed: to be delivered again after `delayMs`, unless this was the last failure allowed. */
  nak(delayMs: number): Promise<void>;
  /** Not done, and for no fault of the task (the worker stops): to be delivered again at once, as often as it takes. */
  handBack(): Promise<void>;
  /** Heartbeat: restarts the time after which the task is taken for lost and delivered again. */
  working(): Promise<void>;
  /** Never to be delivered again: it becomes a dead letter. */
  term(reason: string): Promise<void>;
}

export interface ConsumeOptions {
  /** Deliveries handled at the same time; no more than these are taken from the queue. */
  readonly concurrency: number;
  /** Stops taking tasks. */
  readonly signal: AbortSignal;
}

export interface EventMessage {
  /** `event.` and further tokens. */
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly headers?: Headers | undefined;
}

export interface BusEvent {
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly headers: Headers;
}

export interface SubscribeOptions {
  readonly signal: AbortSignal;
  /** Events kept for a slow reader; the oldest beyond these are dropped. Default: 1,000. */
  readonly bufferedEvents?: number | undefined;
}

/** `reconnecting`: calls wait for a while and then fail with `unavailable`; consumers go on by themselves afterwards. */
export type BusStatus = 'connected' | 'reconnecting' | 'closed';

export interface QueueState {
  /** Never delivered yet. */
  readonly waiting: number;
  /** Delivered and not settled for good: being worked on, or to be delivered again. */
  readonly inFlight: number;
}

export interface Bus {
  /** A delivery without ack or heartbeat for this long goes to another handler. */
  readonly ackWaitMs: number;
  /** `duplicate`, and nothing is queued, while a task of this key is queued or being worked on. */
  publishTask(task: TaskMessage): Promise<'queued' | 'duplicate'>;
  /** Handles tasks, oldest first, until the signal aborts or the bus closes; resolves when running handlers are through. */
  consume(
    queue: string,
    options: ConsumeOptions,
    handler: (delivery: Delivery) => Promise<void>,
  ): Promise<void>;
  /**
   * Removes a task that was never delivered, and says whether there was one. What was delivered stays: it is being
   * worked on, or is to be delivered again.
   */
  withdraw(queue: string, key: string): Promise<boolean>;
  queueState(queue: string): Promise<QueueState>;
  /** Never waits for subscribers. */
  publishEvent(event: EventMessage): Promise<void>;
  /**
   * Events whose subject matches `pattern`, from the call on, until the signal aborts or the bus closes. `*` stands for
   * one token, a last `>` for one or more. Dead letters are events too: `dead.<queue>.<key>`.
   */
  subscribe(pattern: string, options: SubscribeOptions): AsyncIterable<BusEvent>;
  status(): BusStatus;
  /** Stops consumers, waits for running handlers, ends subscriptions. Further calls fail with `BUS_CLOSED`. */
  close(): Promise<void>;
}
