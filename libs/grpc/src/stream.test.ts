import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, type TestContext, test } from 'node:test';
import { dataset } from '@alarena/api';
import { AppError } from '@alarena/core';
import { createClient } from './client.js';
import { implement } from './implement.js';
import { deferred, type Loopback, serve } from './loopback.js';
import type { CallContext, ClientOf } from './types.js';

const { DatasetServiceService, StreamSamplesRequest, StreamSamplesResponse } = dataset;
type Client = ClientOf<typeof DatasetServiceService>;
type Stream = (
  request: dataset.StreamSamplesRequest,
  ctx: CallContext,
) => AsyncIterable<dataset.StreamSamplesResponse>;

const REQUEST = StreamSamplesRequest.create({ name: 'mnist', ids: [3, 1, 2] });
const LIMIT = { timeoutMs: 120_000 };

async function start(t: TestContext, streamSamples: Stream): Promise<Loopback & { client: Client }> {
  const unused = async (): Promise<never> => assert.fail('not called');
  const service = implement(DatasetServiceService, {
    listDatasets: async () => ({ datasets: [] }),
    getDataset: unused,
    removeDataset: unused,
    // biome-ignore lint/correctness/useYield: never called
    importDataset: async function* () {
      assert.fail('not called');
    },
    streamSamples,
  });
  const loopback = await serve(t, [service]);
  const client = createClient(DatasetServiceService, loopback.address);
  t.after(() => client.close());
  return { ...loopback, client };
}

const chunk = (id: number, bytes = 0): dataset.StreamSamplesResponse =>
  StreamSamplesResponse.create({ ids: [id], values: Buffer.alloc(bytes, id) });

describe('server streams', () => {
  test('arrive whole and in order', async (t) => {
    const { client } = await start(t, async function* ({ ids }) {
      for (const id of ids) yield chunk(id, 10);
    });
    const got: dataset.StreamSamplesResponse[] = [];
    for await (const message of client.streamSamples(REQUEST, LIMIT)) got.push(message);
    assert.deepEqual(
      got.map(({ ids, values }) => [ids, [...values]]),
      [3, 1, 2].map((id) => [[id], Array(10).fill(id)]),
    );
  });

  test('are produced only as far as a slow reader reads', async (t) => {
    const total = 400;
    let produced = 0;
    const { client } = await start(t, async function* () {
      while (produced < total) {
        produced += 1;
        yield chunk(produced, 256 * 1024);
      }
    });
    let received = 0;
    let furthestAhead = 0;
    for await (const _ of client.streamSamples(REQUEST, LIMIT)) {
      received += 1;
      // Round trips over the same connection: time enough for a server without back-pressure to run to its end.
      if (received <= 3) for (let i = 0; i < 40; i += 1) await client.listDatasets({}, LIMIT);
      furthestAhead = Math.max(furthestAhead, produced - received);
    }
    assert.equal(received, total);
    // 16 in the reader's buffer, and few between: a written one, a waiting one, what a window holds.
    assert.ok(furthestAhead <= 24, `ran ${furthestAhead} messages ahead`);
  });

  test('stop producing when the reader leaves, and clean up', async (t) => {
    const cleaned = deferred<AppError>();
    const { client, lines } = await start(t, async function* (_, { signal }) {
      try {
        for (let id = 0; ; id += 1) yield chunk(id);
      } finally {
        cleaned.resolve(signal.reason);
      }
    });
    let received = 0;
    for await (const _ of client.streamSamples(REQUEST, LIMIT)) {
      received += 1;
      if (received === 3) break;
    }
    assert.equal((await cleaned.promise).code, 'cancelled');
    assert.equal(lines.filter(({ level }) => level === 'error').length, 0);
  });

  test('stop waiting when the caller cancels', async (t) => {
    const cleaned = deferred();
    const waiting = new EventTarget();
    const { client } = await start(t, async function* (_, { signal }) {
      try {
        yield chunk(1);
        await once(waiting, 'never', { signal });
      } finally {
        cleaned.resolve();
      }
    });
    const stop = new AbortController();
    const reason = new AppError('cancelled', 'enough');
    await assert.rejects(
      async () => {
        const watch = client.streamSamples(REQUEST, { timeoutMs: 'none', signal: stop.signal });
        for await (const _ of watch) stop.abort(reason);
      },
      (thrown) => thrown === reason,
    );
    await cleaned.promise;
  });

  test('end at the deadline', async (t) => {
    const { client } = await start(t, async function* (_, { signal }) {
      yield chunk(1);
      await once(new EventTarget(), 'never', { signal });
    });
    // Connecting may take longer than the deadline.
    await client.listDatasets({}, LIMIT);
    let received = 0;
    await assert.rejects(
      async () => {
        for await (const _ of client.streamSamples(REQUEST, { timeoutMs: 2_000 })) received += 1;
      },
      (thrown) => thrown instanceof AppError && thrown.code === 'deadline-exceeded',
    );
    assert.equal(received, 1);
  });

  test('give what came before an error, then the error', async (t) => {
    const { client } = await start(t, async function* () {
      yield chunk(1);
      throw new AppError('not-found', 'no sample 9', { reason: 'SAMPLE_UNKNOWN', facts: { id: 9 } });
    });
    const ids: number[] = [];
    await assert.rejects(
      async () => {
        for await (const message of client.streamSamples(REQUEST, LIMIT)) ids.push(...message.ids);
      },
      (thrown) => thrown instanceof AppError && thrown.reason === 'SAMPLE_UNKNOWN' && thrown.facts.id === 9,
    );
    assert.deepEqual(ids, [1]);
  });

  test('that fail before their first message do not leak what nobody meant for the caller', async (t) => {
    // biome-ignore lint/correctness/useYield: it fails first
    const { client } = await start(t, async function* () {
      throw new Error('hunter2');
    });
    await assert.rejects(
      async () => {
        for await (const _ of client.streamSamples(REQUEST, LIMIT)) assert.fail('nothing was sent');
      },
      (thrown) =>
        thrown instanceof AppError && thrown.code === 'internal' && !thrown.message.includes('hunter2'),
    );
  });

  test('a lost connection is told from a server that never was there', async (t) => {
    const { client, server } = await start(t, async function* (_, { signal }) {
      yield chunk(1);
      await once(new EventTarget(), 'never', { signal });
    });
    await assert.rejects(
      async () => {
        // Cutting at once answers with an error of the server where it can.
        for await (const _ of client.streamSamples(REQUEST, LIMIT)) void server.shutdown({ limitMs: 0 });
      },
      (thrown) =>
        thrown instanceof AppError && thrown.code === 'unavailable' && thrown.reason !== 'SERVER_UNREACHABLE',
    );
  });

  test('begin with iteration: one that is never read never calls', async (t) => {
    let begun = 0;
    const { client } = await start(t, async function* () {
      begun += 1;
      yield chunk(1);
    });
    client.streamSamples(REQUEST, LIMIT);
    for await (const _ of client.streamSamples(REQUEST, LIMIT)) await client.listDatasets({}, LIMIT);
    assert.equal(begun, 1);
  });
});
