import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { dataset } from '@alarena/api';
import { AppError } from '@alarena/core';
import {
  ChannelCredentials,
  Client,
  type handleUnaryCall,
  Metadata,
  type StatusObject,
  status,
} from '@grpc/grpc-js';
import { chain, chunk, DEFINITION, LIMIT, NAME, REQUEST, service } from './forward-fixture.js';
import type { ServiceRegistration } from './implement.js';
import { captureLog, deferred, HOST } from './loopback.js';
import { createGrpcServer } from './server.js';
import type { CallContext } from './types.js';

const { GetDatasetRequest } = dataset;

describe('a forwarded call', () => {
  test('reaches the handler with its message, metadata, deadline, and comes back', async (t) => {
    const contexts: CallContext[] = [];
    const { front } = await chain(
      t,
      service({
        getDataset: async ({ name }, ctx) => {
          contexts.push(ctx);
          return { dataset: dataset.Dataset.fromPartial({ name: `${name}!` }) };
        },
      }),
    );
    const metadata = new Metadata();
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    metadata.set('traceparent', traceparent);
    metadata.set('authorization', 'Bearer abc');
    metadata.set('x-raw-bin', Buffer.from([0, 255]));
    const deadline = Date.now() + 15_000;
    const raw = new Client(front.address, ChannelCredentials.createInsecure());
    t.after(() => raw.close());
    const { path, requestSerialize, responseDeserialize } = DEFINITION.getDataset;
    const response = await new Promise<dataset.GetDatasetResponse | undefined>((resolve, reject) =>
      raw.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        GetDatasetRequest.create({ name: 'mnist' }),
        metadata,
        { deadline },
        (error, value) => (error === null ? resolve(value) : reject(error)),
      ),
    );
    assert.equal(response?.dataset?.name, 'mnist!');
    const [ctx] = contexts;
    assert.deepEqual(ctx?.metadata.get('traceparent'), [traceparent]);
    assert.deepEqual(ctx?.metadata.get('authorization'), ['Bearer abc']);
    assert.deepEqual(ctx?.metadata.get('x-raw-bin'), [Buffer.from([0, 255])]);
    assert.ok(Math.abs((ctx?.deadline ?? 0) - deadline) < 5_000);
  });

  test('fails with the very error of the handler, unary and streaming', async (t) => {
    const thrown = new AppError('data-loss', 'shard 3 is corrupt', {
      reason: 'SHARD_CORRUPT',
      facts: { shard: 3 },
      violations: [{ field: 'name', description: 'choose another' }],
      retryable: true,
    });
    const { client } = await chain(
      t,
      service({
        getDataset: () => Promise.reject(thrown),
        streamSamples: async function* () {
          yield chunk(1);
          throw thrown;
        },
      }),
    );
    const { code, message, reason, facts, violations, retryable } = thrown;
    const same = { code, message, reason, facts, violations, retryable };
    await assert.rejects(client.getDataset(GetDatasetRequest.create(), LIMIT), same);
    let received = 0;
    await assert.rejects(async () => {
      for await (const _ of client.streamSamples(REQUEST, LIMIT)) received += 1;
    }, same);
    assert.equal(received, 1);
  });

  test('keeps leading and trailing metadata, and statuses that alarena does not use', async (t) => {
    const trailers = new Metadata();
    trailers.set('x-trailer', 'last');
    const leading = new Metadata();
    leading.set('x-leading', 'first');
    const listDatasets: handleUnaryCall<unknown, unknown> = (call, done) => {
      call.sendMetadata(leading);
      done(null, { datasets: [] }, trailers);
    };
    const getDataset: handleUnaryCall<unknown, unknown> = (_, done) =>
      done({ code: status.OUT_OF_RANGE, details: 'beyond the end', metadata: trailers });
    const whole = service({});
    const answering: ServiceRegistration = {
      ...whole,
      bind: (deps) => ({ ...whole.bind(deps), listDatasets, getDataset }),
    };
    const { front } = await chain(t, answering);
    const raw = new Client(front.address, ChannelCredentials.createInsecure());
    t.after(() => raw.close());
    const ask = (path: string): Promise<[Metadata | undefined, StatusObject]> =>
      new Promise((resolve) => {
        let first: Metadata | undefined;
        const call = raw.makeUnaryRequest(
          path,
          () => Buffer.alloc(0),
          (bytes) => bytes,
          {},
          () => {},
        );
        call.on('metadata', (metadata) => {
          first = metadata;
        });
        call.on('status', (end) => resolve([first, end]));
      });
    const [first, good] = await ask(DEFINITION.listDatasets.path);
    assert.deepEqual(first?.get('x-leading'), ['first']);
    assert.deepEqual([good.code, good.metadata.get('x-trailer')], [status.OK, ['last']]);
    const [, bad] = await ask(DEFINITION.getDataset.path);
    assert.deepEqual([bad.code, bad.details], [status.OUT_OF_RANGE, 'beyond the end']);
    assert.deepEqual(bad.metadata.get('x-trailer'), ['last']);
  });

  test('is produced only as far as a slow reader reads', async (t) => {
    const total = 400;
    let produced = 0;
    const { client } = await chain(
      t,
      service({
        streamSamples: async function* () {
          while (produced < total) {
            produced += 1;
            yield chunk(produced, 256 * 1024);
          }
        },
      }),
    );
    let received = 0;
    let furthestAhead = 0;
    for await (const { values } of client.streamSamples(REQUEST, LIMIT)) {
      received += 1;
      assert.equal(values[0], received % 256);
      // Round trips over the same connections: time enough for a chain without back-pressure to run to its end.
      if (received <= 3) for (let i = 0; i < 40; i += 1) await client.listDatasets({}, LIMIT);
      furthestAhead = Math.max(furthestAhead, produced - received);
    }
    assert.equal(received, total);
    // 16 in the buffer of each of two readers, and few between.
    assert.ok(furthestAhead <= 48, `ran ${furthestAhead} messages ahead`);
  });

  test('is cancelled at the other server when its caller leaves', async (t) => {
    const ends: Promise<unknown>[] = [];
    const begun = deferred();
    const { client } = await chain(
      t,
      service({
        getDataset: async (_, { signal }) => {
          ends.push(once(signal, 'abort').then(() => signal.reason));
          begun.resolve();
          return new Promise(() => {});
        },
        streamSamples: async function* (_, { signal }) {
          ends.push(once(signal, 'abort').then(() => signal.reason));
          yield chunk(1);
          await once(new EventTarget(), 'never', { signal });
        },
      }),
    );
    for await (const _ of client.streamSamples(REQUEST, LIMIT)) break;
    const stop = new AbortController();
    const call = client.getDataset(GetDatasetRequest.create(), { ...LIMIT, signal: stop.signal });
    await begun.promise;
    stop.abort();
    await assert.rejects(call, { code: 'cancelled' });
    for (const reason of await Promise.all(ends))
      assert.equal(Reflect.get(Object(reason), 'code'), 'cancelled');
    assert.equal(ends.length, 2);
  });

  test('ends at the deadline', async (t) => {
    const { client } = await chain(t, service({ getDataset: () => new Promise(() => {}) }));
    const call = client.getDataset(GetDatasetRequest.create(), { timeoutMs: 200 });
    await assert.rejects(call, { code: 'deadline-exceeded' });
  });

  test('to a server that is away names the service, and works again when it is back', async (t) => {
    const { back, front, client } = await chain(t, service({}));
    assert.deepEqual(await client.listDatasets({}, LIMIT), { datasets: [] });
    await back.server.shutdown({ limitMs: 0 });
    const away = {
      code: 'unavailable',
      reason: 'SERVICE_UNREACHABLE',
      message: `${NAME} cannot be reached at the moment; try again`,
      retryable: true,
    };
    await assert.rejects(client.listDatasets({}, LIMIT), away);
    await assert.rejects(async () => {
      for await (const _ of client.streamSamples(REQUEST, LIMIT)) assert.fail('nothing was sent');
    }, away);
    const line = front.lines.find(({ msg }) => msg === 'cannot forward');
    assert.deepEqual([line?.address, line?.method], [back.address, `${NAME}/ListDatasets`]);

    const again = createGrpcServer({
      services: [service({})],
      logger: captureLog().logger,
      reflection: false,
    });
    await again.start({ host: HOST, port: back.port });
    t.after(() => again.shutdown({ limitMs: 0 }));
    assert.deepEqual(await client.listDatasets({}, { ...LIMIT, retries: 30 }), { datasets: [] });
  });

  test('is told to try again when the forwarding server stops', async (t) => {
    const { front, client } = await chain(
      t,
      service({
        getDataset: () => new Promise(() => {}),
        streamSamples: async function* (_, { signal }) {
          yield chunk(1);
          await once(new EventTarget(), 'never', { signal });
        },
      }),
    );
    const stopped = { code: 'unavailable', reason: 'SERVER_STOPPING' };
    const unary = assert.rejects(client.getDataset(GetDatasetRequest.create(), LIMIT), stopped);
    await assert.rejects(async () => {
      for await (const _ of client.streamSamples(REQUEST, LIMIT)) void front.server.shutdown({ limitMs: 50 });
    }, stopped);
    await unary;
  });
});
