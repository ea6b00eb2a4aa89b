import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { strategy } from '@alarena/api';
import { AppError } from '@alarena/core';
import { injectContext, startTelemetry, withSpan } from '@alarena/telemetry';
import { createClient } from './client.js';
import { implement } from './implement.js';
import { deferred, HOST, type Loopback, serve } from './loopback.js';
import type { CallContext, ClientOf } from './types.js';

const { SelectRequest, SelectResponse, StrategyServiceService } = strategy;
type Client = ClientOf<typeof StrategyServiceService>;
type Select = (request: strategy.SelectRequest, ctx: CallContext) => Promise<strategy.SelectResponse>;

const REQUEST = SelectRequest.create({ strategy: 'margin', k: 3, seed: -5n });
const LIMIT = { timeoutMs: 60_000 };

async function start(t: TestContext, select: Select): Promise<Loopback & { client: Client }> {
  const service = implement(StrategyServiceService, {
    listStrategies: async () => ({ strategies: [] }),
    select,
  });
  const loopback = await serve(t, [service]);
  const client = createClient(StrategyServiceService, loopback.address);
  t.after(() => client.close());
  return { ...loopback, client };
}

async function failureOf(call: Promise<unknown>): Promise<AppError> {
  const failure = await call.then(
    () => assert.fail('the call succeeded'),
    (thrown: unknown) => thrown,
  );
  assert.ok(failure instanceof AppError, String(failure));
  return failure;
}

describe('unary calls', () => {
  test('hand over the request and give back the response', async (t) => {
    const { client } = await start(t, async (request, ctx) => {
      assert.equal(typeof request.seed, 'bigint');
      assert.match(ctx.peer, /^127\.0\.0\.1:\d+$/);
      return SelectResponse.create({
        key: `${request.strategy}/${request.seed}`,
        picks: [{ id: 7, score: 0.5 }],
      });
    });
    const response = await client.select(REQUEST, LIMIT);
    const picks = [{ id: 7, score: 0.5 }];
    assert.deepEqual(response, { key: 'margin/-5', origin: 0, picks, notes: [], history: [] });
  });

  test('give the caller the very error of the handler', async (t) => {
    const thrown = new AppError('resource-exhausted', 'the store is full: 3 of 3 GB\nfree some', {
      reason: 'STORE_FULL',
      facts: { path: 'C:\\=,', usedBytes: 3e9, share: 0.5, readOnly: false, note: '3', empty: '' },
      violations: [
        { field: 'protocol.rounds', description: 'must be at most 4' },
        { field: '', description: 'ünïcode ✓' },
      ],
      retryable: true,
      cause: new Error('hidden from callers'),
    });
    const { client } = await start(t, () => Promise.reject(thrown));
    const got = await failureOf(client.select(REQUEST, LIMIT));
    const { code, message, reason, facts, violations, retryable } = thrown;
    assert.deepEqual(
      { ...got, message: got.message },
      { name: 'AppError', code, message, reason, facts, violations, retryable },
    );
    assert.equal(got.cause, undefined);
  });

  test('carry no text of an error that nobody meant for them; the log has it under the call', async (t) => {
    for (const thrown of [
      new TypeError('password is hunter2'),
      AppError.from(new Error('password is hunter2')),
      'password is hunter2',
    ]) {
      const { client, lines } = await start(t, () => Promise.reject(thrown));
      const got = await failureOf(client.select(REQUEST, LIMIT));
      assert.equal(got.code, 'internal');
      assert.doesNotMatch(JSON.stringify([got, got.message, got.cause]), /hunter2|\.js/);
      const logged = lines.find(({ level }) => level === 'error');
      assert.match(JSON.stringify(logged), /hunter2/);
      assert.match(got.message, new RegExp(`under call ${logged?.call}$`));
      assert.equal(logged?.method, 'alarena.strategy.v1.StrategyService/Select');
    }
  });

  test('an internal error with a reason of its own is meant to be read', async (t) => {
    const { client } = await start(t, () =>
      Promise.reject(new AppError('internal', 'the worker died 3 times', { reason: 'POISON_TASK' })),
    );
    const got = await failureOf(client.select(REQUEST, LIMIT));
    assert.deepEqual([got.reason, got.message], ['POISON_TASK', 'the worker died 3 times']);
  });

  test('errors beyond what headers hold arrive shortened', async (t) => {
    const violations = Array.from({ length: 500 }, (_, i) => ({
      field: `seeds[${i}]`,
      description: 'must be whole',
    }));
    const { client } = await start(t, () =>
      Promise.reject(AppError.invalid(`bad 漢字 \ud800 ${'é'.repeat(9000)}`, violations)),
    );
    const got = await failureOf(client.select(REQUEST, LIMIT));
    assert.equal(got.code, 'invalid-argument');
    assert.match(got.message, /^bad 漢字 � é+…$/);
    const { length } = got.violations;
    assert.ok(length > 20 && length < 500);
    assert.deepEqual(got.violations[0], violations[0]);
    assert.deepEqual(got.violations.at(-1), { field: '', description: `and ${500 - length + 1} more` });
  });

  test('end at the deadline, on both sides', { timeout: 120_000 }, async (t) => {
    const ended = deferred<AppError>();
    const { client } = await start(t, (_, { signal, deadline }) => {
      assert.ok(Number.isFinite(deadline));
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          ended.resolve(signal.reason);
          reject(signal.reason);
        });
      });
    });
    // Connecting may take longer than the deadline.
    await client.listStrategies({}, LIMIT);
    const got = await failureOf(client.select(REQUEST, { timeoutMs: 1_000 }));
    assert.equal(got.code, 'deadline-exceeded');
    assert.match(got.message, /127\.0\.0\.1:\d+ did not finish Select in the time allowed/);
    assert.equal((await ended.promise).code, 'deadline-exceeded');
  });

  test('end at a cancel, with its reason', async (t) => {
    const begun = deferred();
    const ended = deferred<AppError>();
    const { client } = await start(t, (_, { signal }) => {
      begun.resolve();
      return new Promise(() => signal.addEventListener('abort', () => ended.resolve(signal.reason)));
    });
    const stop = new AbortController();
    const call = failureOf(client.select(REQUEST, { ...LIMIT, signal: stop.signal }));
    await begun.promise;
    const reason = new AppError('cancelled', 'the user pressed Ctrl-C');
    stop.abort(reason);
    assert.equal(await call, reason);
    assert.equal((await ended.promise).code, 'cancelled');
    assert.equal(await failureOf(client.select(REQUEST, { ...LIMIT, signal: stop.signal })), reason);
  });

  test('are tried again only where asked, only while unavailable, only within the deadline', async (t) => {
    let calls = 0;
    let thrown = new AppError('unavailable', 'not yet');
    const { client } = await start(t, async () => {
      calls += 1;
      if (calls < 3) throw thrown;
      return SelectResponse.create({ key: String(calls) });
    });
    assert.equal((await failureOf(client.select(REQUEST, LIMIT))).message, 'not yet');
    assert.equal(calls, 1);
    assert.equal((await client.select(REQUEST, { ...LIMIT, retries: 5 })).key, '3');

    calls = -1_000;
    // The deadline may also pass while a try is on its way.
    const late = await failureOf(client.select(REQUEST, { timeoutMs: 500, retries: 900 }));
    assert.match(late.code, /^(unavailable|deadline-exceeded)$/);
    assert.ok(calls < -900, 'nine hundred tries would take longer than the deadline');
    calls = 0;
    thrown = new AppError('not-found', 'no such fit');
    assert.equal((await failureOf(client.select(REQUEST, { ...LIMIT, retries: 5 }))).code, 'not-found');
    assert.equal(calls, 1);
  });

  test('without a server name the address and what to do', async (t) => {
    const { server, address, client } = await start(t, async () => SelectResponse.create());
    await server.shutdown({ limitMs: 5_000 });
    const got = await failureOf(client.select(REQUEST, LIMIT));
    assert.deepEqual([got.code, got.reason, got.retryable], ['unavailable', 'SERVER_UNREACHABLE', true]);
    assert.equal(
      got.message,
      `no server answers at ${address}; check the address and that the server is running`,
    );

    const hinting = createClient(StrategyServiceService, address, { unreachableHint: 'run: alarena serve' });
    t.after(() => hinting.close());
    assert.match((await failureOf(hinting.select(REQUEST, LIMIT))).message, /; run: alarena serve$/);
  });

  test('need an address with a port', () => {
    for (const address of ['localhost', '', ':7070', 'http://localhost:7070', '::1', 'a b:1']) {
      assert.throws(
        () => createClient(StrategyServiceService, address),
        { code: 'invalid-argument' },
        address,
      );
    }
    for (const address of [
      'localhost:7070',
      '[::1]:7070',
      'a-b.svc.cluster.local:1',
      'dns:///orchestrator:7070',
    ]) {
      createClient(StrategyServiceService, address).close();
    }
  });

  test('of a service the server lacks say so', async (t) => {
    const { address } = await serve(t, []);
    const client = createClient(StrategyServiceService, address);
    t.after(() => client.close());
    const got = await failureOf(client.select(REQUEST, LIMIT));
    assert.equal(got.code, 'unimplemented');
    assert.match(got.message, /does not know alarena\.strategy\.v1\.StrategyService\/Select/);
  });

  test('larger than the limit are refused, not cut', async (t) => {
    const { address } = await serve(t, [
      implement(StrategyServiceService, {
        listStrategies: async () => ({ strategies: [] }),
        select: async () => SelectResponse.create({ notes: ['x'.repeat(100_000)] }),
      }),
    ]);
    const client = createClient(StrategyServiceService, address, { maxMessageBytes: 50_000 });
    t.after(() => client.close());
    assert.equal((await failureOf(client.select(REQUEST, LIMIT))).code, 'resource-exhausted');
  });

  test('without a deadline do not compile', async (t) => {
    const { client } = await start(t, async () => SelectResponse.create());
    const wrong = [
      // @ts-expect-error a call needs its options
      () => client.select(REQUEST),
      // @ts-expect-error a call needs a deadline
      () => client.select(REQUEST, {}),
      // @ts-expect-error only a stream may run without one
      () => client.select(REQUEST, { timeoutMs: 'none', signal: new AbortController().signal }),
    ];
    assert.equal(wrong.length, 3);
    for (const timeoutMs of [0, -1, Number.NaN, 2 ** 31]) {
      assert.equal((await failureOf(client.select(REQUEST, { timeoutMs }))).code, 'invalid-argument');
    }
  });

  test('go on in the trace of the caller', async (t) => {
    const sink = createServer(
      (request, response) => void request.resume().on('end', () => response.end('{}')),
    );
    sink.listen(0, HOST);
    await once(sink, 'listening');
    t.after(() => sink.close());
    const endpoint = `http://${HOST}:${(sink.address() as AddressInfo).port}`;
    const telemetry = await startTelemetry({ service: 'test', endpoint });
    t.after(() => telemetry.shutdown());
    const { client, lines } = await start(t, async (_, ctx) => {
      ctx.logger.info('handling');
      return SelectResponse.create({ key: injectContext<Record<string, string>>({}).traceparent ?? '' });
    });
    await withSpan('caller', {}, async () => {
      const [, mine = 'none', mySpan] =
        injectContext<Record<string, string>>({}).traceparent?.split('-') ?? [];
      const [, theirs, theirSpan] = (await client.select(REQUEST, LIMIT)).key.split('-');
      assert.equal(theirs, mine);
      assert.notEqual(theirSpan, mySpan);
      assert.equal(lines.find(({ msg }) => msg === 'handling')?.trace_id, mine);
    });
  });
});
