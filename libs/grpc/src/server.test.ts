import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, type TestContext, test } from 'node:test';
import { comparison } from '@alarena/api';
import { AppError } from '@alarena/core';
import { fromBinary } from '@bufbuild/protobuf';
import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { ChannelCredentials, Client, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { service as healthService } from 'grpc-health-check';
import { createClient } from './client.js';
import { implement, type ServiceRegistration } from './implement.js';
import { captureLog, deferred, HOST, serve } from './loopback.js';
import { createGrpcServer } from './server.js';
import type { CallContext } from './types.js';

const { ComparisonServiceService, GetComparisonRequest, WatchComparisonRequest, WatchComparisonResponse } =
  comparison;
const NAME = 'alarena.comparison.v1.ComparisonService';
const LIMIT = { timeoutMs: 20_000 };
const NOTICE = WatchComparisonResponse.create({ event: { $case: 'notice', value: 'begun' } });

interface Handlers {
  get?: (ctx: CallContext) => Promise<void>;
  watch?: (ctx: CallContext) => AsyncIterable<comparison.WatchComparisonResponse>;
}

function service({ get, watch }: Handlers = {}): ServiceRegistration {
  const unused = async (): Promise<never> => assert.fail('not called');
  return implement(ComparisonServiceService, {
    submitComparison: unused,
    getComparison: async (_, ctx) => {
      await get?.(ctx);
      return { comparison: undefined };
    },
    listComparisons: async () => ({ comparisons: [] }),
    watchComparison: async function* (_, ctx) {
      if (watch !== undefined) yield* watch(ctx);
    },
    cancelComparison: unused,
    pauseComparison: unused,
    resumeComparison: unused,
    setParallelism: unused,
    setComparison: unused,
    getReport: async function* () {},
  });
}

function rawClient(t: TestContext, address: string): Client {
  const client = new Client(address, ChannelCredentials.createInsecure());
  t.after(() => client.close());
  return client;
}

/** Status by grpc.health.v1, or the code of the failure. */
function healthOf(client: Client, name: string): Promise<unknown> {
  const check = healthService.Check;
  assert.ok(check !== undefined);
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      check.path,
      check.requestSerialize,
      check.responseDeserialize,
      { service: name },
      (error: ServiceError | null, response) =>
        resolve(
          error?.code ?? (response !== undefined && 'status' in response ? response.status : undefined),
        ),
    );
  });
}

describe('health', () => {
  test('is told for the whole and for each service, and follows the server', async (t) => {
    const { address, server } = await serve(t, [service()]);
    const client = rawClient(t, address);
    assert.equal(await healthOf(client, ''), 'SERVING');
    assert.equal(await healthOf(client, NAME), 'SERVING');
    assert.equal(await healthOf(client, 'alarena.nothing'), status.NOT_FOUND);
    server.setNotServing(NAME);
    assert.equal(await healthOf(client, NAME), 'NOT_SERVING');
    assert.equal(await healthOf(client, ''), 'SERVING');
    server.setNotServing();
    assert.equal(await healthOf(client, ''), 'NOT_SERVING');
    server.setServing();
    assert.equal(await healthOf(client, NAME), 'SERVING');
    assert.throws(
      () => server.setServing('alarena.nothing'),
      /unknown service alarena\.nothing; known: alarena\.comp/,
    );
  });

  test('may begin as not serving, for a service that waits for what it depends on', async (t) => {
    const { address, server } = await serve(t, [service()], { initiallyServing: false });
    const client = rawClient(t, address);
    assert.equal(await healthOf(client, ''), 'NOT_SERVING');
    server.setServing();
    assert.equal(await healthOf(client, ''), 'SERVING');
  });
});

// Field numbers of grpc/reflection/v1/reflection.proto.
const REQUEST = { fileByFilename: 3, fileContainingSymbol: 4, listServices: 7 } as const;
const RESPONSE = { files: 4, services: 6 } as const;

/** Sends one reflection request; gives the entries (files or services) of its answer. */
async function reflect(client: Client, kind: keyof typeof REQUEST, value: string): Promise<Uint8Array[]> {
  const call = client.makeBidiStreamRequest<Uint8Array, Uint8Array>(
    '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
    (bytes) => Buffer.from(bytes),
    (bytes) => bytes,
    new Metadata(),
  );
  const field = (REQUEST[kind] << 3) | 2;
  call.end(new BinaryWriter().uint32(field).string(value).finish());
  const entries: Uint8Array[] = [];
  for await (const response of call) {
    for (const [number, bytes] of delimitedFields(response)) {
      if (number !== RESPONSE.files && number !== RESPONSE.services) continue;
      for (const [entry, value] of delimitedFields(bytes)) if (entry === 1) entries.push(value);
    }
  }
  return entries;
}

function delimitedFields(bytes: Uint8Array): [number, Uint8Array][] {
  const reader = new BinaryReader(bytes);
  const fields: [number, Uint8Array][] = [];
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (type === 2) fields.push([number, reader.bytes()]);
    else reader.skip(type, number);
  }
  return fields;
}

describe('reflection', () => {
  test('lists the services and gives the contracts with what they import', async (t) => {
    const { address } = await serve(t, [service()], { reflection: true });
    const client = rawClient(t, address);
    const services = await reflect(client, 'listServices', '*');
    assert.deepEqual(
      services.map((bytes) => Buffer.from(delimitedFields(bytes)[0]?.[1] ?? []).toString()),
      [NAME],
    );
    for (const [kind, value] of [
      ['fileContainingSymbol', NAME],
      ['fileByFilename', 'alarena/comparison/v1/comparison.proto'],
    ] as const) {
      const files = (await reflect(client, kind, value)).map((bytes) =>
        fromBinary(FileDescriptorProtoSchema, bytes),
      );
      const names = files.map(({ name }) => name).sort();
      assert.ok(names.includes('alarena/common/v1/model.proto'), names.join());
      const contract = files.find(({ name }) => name === 'alarena/comparison/v1/comparison.proto');
      assert.equal(contract?.service[0]?.method.length, Object.keys(ComparisonServiceService).length);
      const protocol = contract?.messageType.find(({ name }) => name === 'Protocol');
      assert.equal(protocol?.field.find(({ name }) => name === 'pool_size')?.proto3Optional, true);
    }
  });

  test('is absent where it was not asked for', async (t) => {
    const { address } = await serve(t, [service()]);
    await assert.rejects(reflect(rawClient(t, address), 'listServices', '*'), { code: status.UNIMPLEMENTED });
  });
});

describe('start', () => {
  test('on a port in use names it and what to do', async (t) => {
    const { port } = await serve(t, []);
    const { logger } = captureLog();
    const second = createGrpcServer({ services: [], logger, reflection: false });
    await assert.rejects(second.start({ host: HOST, port }), (thrown) => {
      assert.ok(thrown instanceof AppError);
      assert.deepEqual([thrown.code, thrown.reason], ['failed-precondition', 'PORT_IN_USE']);
      assert.deepEqual(thrown.facts, { host: HOST, port });
      assert.match(
        thrown.message,
        new RegExp(`^${HOST}:${port} is in use by another process; stop it, choose`),
      );
      return true;
    });
  });

  test('on an address of another machine says so', async () => {
    const { logger } = captureLog();
    const server = createGrpcServer({ services: [], logger, reflection: false });
    await assert.rejects(server.start({ host: '192.0.2.1', port: 0 }), { reason: 'ADDRESS_UNUSABLE' });
  });
});

describe('shutdown', () => {
  test('waits for calls in progress and refuses new ones', async (t) => {
    const begun = deferred();
    const finish = deferred();
    const get = async (): Promise<void> => {
      begun.resolve();
      await finish.promise;
    };
    const { server, address } = await serve(t, [service({ get })]);
    const client = createClient(ComparisonServiceService, address);
    t.after(() => client.close());
    const call = client.getComparison(GetComparisonRequest.create({ id: 'c1' }), LIMIT);
    await begun.promise;
    const down = server.shutdown({ limitMs: 20_000 });
    await assert.rejects(client.listComparisons({}, { timeoutMs: 20_000 }), { code: 'unavailable' });
    finish.resolve();
    assert.deepEqual(await call, { comparison: undefined });
    assert.equal(await down, true);
  });

  test('lets a stream without an end end itself', async (t) => {
    async function* watch({ stopping, signal }: CallContext) {
      yield NOTICE;
      await once(stopping, 'abort', { signal });
    }
    const { server, address } = await serve(t, [service({ watch })]);
    const client = createClient(ComparisonServiceService, address);
    t.after(() => client.close());
    let down = Promise.resolve(false);
    for await (const _ of client.watchComparison(WatchComparisonRequest.create(), LIMIT)) {
      down = server.shutdown({ limitMs: 20_000 });
    }
    assert.equal(await down, true);
  });

  test('at its limit tells callers to try again, even where a handler ignores everything', async (t) => {
    async function* watch() {
      yield NOTICE;
      await new Promise(() => {});
    }
    const { server, address, lines } = await serve(t, [service({ watch, get: () => new Promise(() => {}) })]);
    const client = createClient(ComparisonServiceService, address);
    t.after(() => client.close());
    const stopped = { code: 'unavailable', reason: 'SERVER_STOPPING', retryable: true };
    const unary = assert.rejects(client.getComparison(GetComparisonRequest.create(), LIMIT), stopped);
    let down = Promise.resolve(true);
    await assert.rejects(async () => {
      for await (const _ of client.watchComparison(WatchComparisonRequest.create(), LIMIT)) {
        down = server.shutdown({ limitMs: 50 });
      }
    }, stopped);
    await unary;
    assert.equal(await down, false);
    assert.ok(lines.some(({ msg }) => msg === 'calls still open at the shutdown limit are cancelled'));
  });

  test('of a server that never started does nothing', async () => {
    const { logger } = captureLog();
    const server = createGrpcServer({ services: [], logger, reflection: false });
    assert.equal(await server.shutdown({ limitMs: 5_000 }), true);
  });
});
