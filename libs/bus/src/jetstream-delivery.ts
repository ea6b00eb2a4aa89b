// One delivery of a task from JetStream. The server counts deliveries; what became of them is kept beside them
// (task-history.ts), written before the server is told, so that a process that dies in between counts nothing twice.

import type { Msg } from '@nats-io/transport-node';
import { deadLetterSubject, encodeDeadLetter, lastFailure, lastLoss } from './dead-letters.js';
import type { QueuedTask, UnsettledDelivery } from './handle-delivery.js';
import type { BusOperation, NatsLink } from './nats-link.js';
import { fromNatsHeaders, plainBytes, toNatsHeaders } from './nats-message.js';
import type { TaskHistories, TaskHistory } from './task-history.js';

/** Short, for a server just started may leave an ack unanswered, and asking again costs nothing. */
const answerMs = 1_000;

export interface DeliverySettings {
  readonly link: NatsLink;
  readonly histories: TaskHistories;
  readonly ackWaitMs: number;
  readonly maxDeliveries: number;
}

/** The delivery of a message, or undefined when it was its last one and is a dead letter now. */
export async function openDelivery(
  settings: DeliverySettings,
  queue: string,
  message: Msg,
): Promise<JetStreamDelivery | undefined> {
  const { attempt, sequence } = deliveryInfo(message.reply ?? '');
  const history =
    attempt === 1 ? { failures: 0, handBacks: 0 } : await settings.histories.read(message.subject, sequence);
  const delivery = new JetStreamDelivery(settings, queue, message, sequence, attempt, history);
  if (delivery.losses < settings.maxDeliveries) return delivery;
  await delivery.buryLost();
  return undefined;
}

export class JetStreamDelivery implements UnsettledDelivery {
  readonly task: QueuedTask;
  readonly attempt: number;
  readonly failures: number;
  readonly losses: number;
  readonly #settings: DeliverySettings;
  readonly #queue: string;
  readonly #message: Msg;
  readonly #sequence: number;
  readonly #history: TaskHistory;
  /** After this time the server may have given the task to another. */
  #deadlineMs: number;

  constructor(
    settings: DeliverySettings,
    queue: string,
    message: Msg,
    sequence: number,
    attempt: number,
    history: TaskHistory,
  ) {
    this.#settings = settings;
    this.#queue = queue;
    this.#message = message;
    this.#sequence = sequence;
    this.#history = history;
    this.#deadlineMs = performance.now() + settings.ackWaitMs;
    this.task = {
      key: message.subject.slice(queue.length + 1),
      payload: plainBytes(message.data),
      headers: fromNatsHeaders(message.headers),
    };
    this.attempt = attempt;
    this.failures = history.failures;
    this.losses = Math.max(0, attempt - 1 - history.failures - history.handBacks);
  }

  async done(): Promise<void> {
    await this.#tell('ack', '+ACK');
    await this.#forget();
  }

  async fail(delayMs: number, reason: string): Promise<void> {
    if (this.#isOverdue()) return;
    const { maxDeliveries } = this.#settings;
    const failures = this.failures + 1;
    if (failures >= maxDeliveries) {
      await this.#bury(this.attempt, lastFailure(reason, maxDeliveries));
      return;
    }
    await this.#remember({ ...this.#history, failures });
    await this.#putBack(delayMs);
  }

  async handBack(): Promise<void> {
    if (this.#isOverdue()) return;
    await this.#remember({ ...this.#history, handBacks: this.#history.handBacks + 1 });
    await this.#putBack(0);
  }

  async extend(): Promise<void> {
    const asked = performance.now();
    await this.#tell('working', '+WPI');
    this.#deadlineMs = asked + this.#settings.ackWaitMs;
  }

  async bury(reason: string): Promise<void> {
    if (!this.#isOverdue()) await this.#bury(this.attempt, reason);
  }

  /** The task has been delivered once more only to be found lost too often. */
  async buryLost(): Promise<void> {
    const { ackWaitMs, maxDeliveries } = this.#settings;
    await this.#bury(this.attempt - 1, lastLoss(ackWaitMs, maxDeliveries));
  }

  /** The dead letter goes first: a process that dies in between leaves the task to be buried again. */
  async #bury(attempts: number, reason: string): Promise<void> {
    const { key, headers } = this.task;
    const letter = encodeDeadLetter({ queue: this.#queue, key, attempts, reason });
    await this.#settings.link.call('publish-event', () => {
      const { connection } = this.#settings.link;
      connection.publish(deadLetterSubject(this.#queue, key), letter, toNatsHeaders(headers));
    });
    await this.#tell('term', '+TERM');
    await this.#forget();
  }

  #putBack(delayMs: number): Promise<void> {
    const delay = Math.round(delayMs * 1e6);
    return this.#tell('nak', delay > 0 ? `-NAK {"delay":${delay}}` : '-NAK');
  }

  /** Confirmed by the server, and repeated until it is: each of these may arrive twice. */
  async #tell(operation: BusOperation, what: string): Promise<void> {
    const { link } = this.#settings;
    const { reply = '' } = this.#message;
    await link.call(operation, () => link.connection.request(reply, what, { timeout: answerMs }));
  }

  #remember(history: TaskHistory): Promise<void> {
    return this.#settings.histories.write(this.#message.subject, this.#sequence, history);
  }

  /** A record that stays expires, and is of no other message. */
  async #forget(): Promise<void> {
    if (this.#history.failures + this.#history.handBacks === 0) return;
    await this.#settings.histories.remove(this.#message.subject).catch(() => {});
  }

  #isOverdue(): boolean {
    return performance.now() >= this.#deadlineMs;
  }
}

/** From `$JS.ACK.[<domain>.<account>.]<stream>.<consumer>.<deliveries>.<stream seq>.<consumer seq>.<time>.<pending>[.<token>]`. */
function deliveryInfo(reply: string): { readonly attempt: number; readonly sequence: number } {
  const tokens = reply.split('.');
  const start = tokens.length > 9 ? 6 : 4;
  const [attempt, sequence] = tokens.slice(start, start + 2).map(Number);
  if (!Number.isInteger(attempt) || !Number.isInteger(sequence) || attempt === undefined) {
    throw new TypeError(`not a delivery of JetStream: ${reply}`);
  }
  return { attempt, sequence: sequence ?? 0 };
}
