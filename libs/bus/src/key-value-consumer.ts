// One consumer over a bucket's stream: the last entry of each key, a word when those are through, then each change.
// It lives as long as its connection; whoever needs more begins anew after an outage.

import { type ConsumerMessages, DeliverPolicy, type JetStreamClient } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { busClosed } from './bus-closed.js';
import type { KeyValueChange } from './key-value.js';
import { plainBytes } from './nats-message.js';
import { bucketStreamName } from './topology.js';

export interface ConsumedBucket {
  /** Resolves when no more will come. */
  readonly over: Promise<void>;
  stop(): void;
}

export interface BucketListener {
  readonly onChange: (change: KeyValueChange) => void;
  readonly onReady: () => void;
}

export async function consumeBucket(
  { client, connection }: { readonly client: JetStreamClient; readonly connection: NatsConnection },
  bucket: string,
  prefix: string,
  { onChange, onReady }: BucketListener,
): Promise<ConsumedBucket> {
  const root = `$KV.${bucket}.`;
  const consumer = await client.consumers.getPushConsumer(bucketStreamName(bucket), {
    deliver_policy: DeliverPolicy.LastPerSubject,
    filter_subjects: [`${root}${prefix}>`],
  });
  const { num_pending: count } = await consumer.info(true);
  let received = 0;
  let ready = false;
  const checkReady = (pending: number): void => {
    if (ready || (received < count && pending > 0)) return;
    ready = true;
    onReady();
  };
  // The client starts its watch over heartbeats first, and leaves it running when it then finds the connection closed.
  if (connection.isClosed()) throw busClosed();
  const messages = await consumer.consume({
    callback: ({ subject, headers, data, seq: revision, info }) => {
      const key = subject.slice(root.length);
      const gone = headers?.has('KV-Operation') || headers?.has('Nats-Marker-Reason');
      onChange({ key, entry: gone ? undefined : { key, value: plainBytes(data), revision } });
      received++;
      checkReady(info.pending);
    },
  });
  checkReady(count);
  void stopWhenBroken(messages);
  return {
    over: messages.closed().then(() => {}),
    stop: () => {
      messages.stop();
      // One that could not be deleted goes when it has been idle for a while.
      void consumer.delete().catch(() => {});
    },
  };
}

/** The client would go on where it was, which is wrong in a bucket that was lost and made again. */
async function stopWhenBroken(messages: ConsumerMessages): Promise<void> {
  for await (const { type } of messages.status()) {
    if (type === 'heartbeats_missed' || type === 'stream_not_found' || type === 'consumer_deleted')
      messages.stop();
  }
}
