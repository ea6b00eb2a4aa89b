import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectNats, JetStreamBus } from '@alarena/bus';
import { keyValueContract } from './key-value-contract.js';
import { natsForTests } from './nats-fixture.js';
import { deferred, within } from './waiting.js';

const nats = natsForTests();

keyValueContract(
  'JetStream bucket',
  async (options) => {
    await nats.empty();
    const buses = [await nats.open(), await nats.open()];
    const [bucket, other] = await Promise.all(
      buses.map((bus) => bus.openBucket({ name: 'test', ...options })),
    );
    const dispose = async (): Promise<void> => {
      for (const bus of buses) await bus.close();
    };
    return { bucket: bucket!, other: other!, dispose };
  },
  { ttlMs: 2_000 },
);

test('a connection that closes while a watch begins leaves no timer, so the process can end', async () => {
  await nats.empty();
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  const over = deferred();
  const link = await connectNats({
    servers: [nats.server().url],
    onOperation: (operation) => operation === 'kv-watch' && over.resolve(),
  });
  const { connection } = link;
  const bus = await JetStreamBus.open(link);
  const bucket = await bus.openBucket({ name: 'test' });
  const request = connection.request.bind(connection);
  connection.request = async (subject, ...rest) => {
    const answer = await request(subject, ...rest);
    if (subject.includes('.CONSUMER.CREATE.')) await bus.close();
    return answer;
  };
  for await (const _ of bucket.watch('', { signal: new AbortController().signal })) break;
  await within('the watch to give up', over.promise);
  assert.ok(timers() <= before, `${timers()} timers, ${before} before`);
});
