// Calls across a process border, and what becomes of them when a process dies.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AppError } from '@alarena/core';
import { deferred, expectAppError, temporaryFolder, within } from '@alarena/testkit';
import { type CallOptions, ComputeHost } from './compute-host.js';

const entry = new URL('./computations.fixture.js', import.meta.url);

function openHost(t: TestContext, slots = 1, environment: Record<string, string> = {}): ComputeHost {
  const host = new ComputeHost({ entry, slots, environment });
  t.after(() => host.close());
  return host;
}

/** A call that has reported progress, so that it runs in its child. */
async function running(
  host: ComputeHost,
  method: string,
  payload?: unknown,
  options: CallOptions = {},
): Promise<{ result: Promise<unknown> }> {
  const started = deferred();
  const result = host.call(method, payload, { ...options, onProgress: () => started.resolve() });
  result.catch(() => {});
  await within(`${method} to start`, Promise.race([started.promise, result]));
  return { result };
}

async function release(path: string): Promise<void> {
  await writeFile(path, '');
}

describe('a call', () => {
  test('passes values with typed arrays, and the environment', async (t) => {
    const host = openHost(t, 1, { ALARENA_TEST: 'set' });
    const payload = { name: 'x', values: Float32Array.of(1.5, -0), ids: [Int32Array.of(7)], none: null };
    assert.deepEqual(await host.call('echo', payload), payload);
    assert.equal(await host.call('environment', undefined), 'set');
  });

  test('keeps its child from one call to the next', async (t) => {
    const host = openHost(t, 2);
    const pid = await host.call('pid', undefined);
    assert.deepEqual(host.processIds, [pid]);
    assert.equal(await host.call('pid', undefined), pid);
  });

  test('rejects with the error that the child threw, its cause left behind', async (t) => {
    const host = openHost(t);
    const error = await expectAppError('resource-exhausted', host.call('fail', undefined));
    assert.equal(error.message, 'the memory is full');
    assert.equal(error.reason, 'MEMORY_FULL');
    assert.deepEqual(error.facts, { bytes: 12 });
    assert.deepEqual(error.violations, [{ field: 'batchSize', description: 'must be smaller' }]);
    assert.equal(error.retryable, true);
    assert.equal(error.cause, undefined);
    assert.equal((await expectAppError('internal', host.call('throw', undefined))).message, 'not a number');
    assert.match(
      (await expectAppError('internal', host.call('nothing', undefined))).message,
      /no computation nothing/,
    );
  });

  test('refuses what no message can hold and goes on working', async (t) => {
    const host = openHost(t);
    await assert.rejects(
      host.call('echo', () => {}),
      /could not be cloned/,
    );
    assert.equal(await host.call('echo', 1), 1);
  });

  test('reports progress in order, before it resolves', async (t) => {
    const seen: unknown[] = [];
    const result = await openHost(t).call('countTo', 3, { onProgress: (value) => seen.push(value) });
    assert.equal(result, 'counted');
    assert.deepEqual(
      seen,
      [1, 2, 3].map((i) => ({ i, values: Float32Array.of(i) })),
    );
  });
});

describe('cancelling', () => {
  test('stops the computation and rejects with the reason; the child stays', async (t) => {
    const host = openHost(t);
    const pid = await host.call('pid', undefined);
    const controller = new AbortController();
    const { result } = await running(host, 'untilCancelled', undefined, { signal: controller.signal });
    const reason = new AppError('deadline-exceeded', 'took too long');
    controller.abort(reason);
    assert.equal(await within('the call', expectAppError('deadline-exceeded', result)), reason);
    assert.equal(await host.call('pid', undefined), pid);
  });

  test('kills a child that does not hear it in time, where the host is told to; the next call has another', async (t) => {
    const host = new ComputeHost({ entry, slots: 1, environment: {}, cancelLimitMs: 20 });
    t.after(() => host.close());
    const pid = await host.call('pid', undefined);
    const controller = new AbortController();
    const { result } = await running(host, 'block', 'never.there', { signal: controller.signal });
    const reason = new AppError('cancelled', 'no longer wanted');
    controller.abort(reason);
    assert.equal(await within('the call', expectAppError('cancelled', result)), reason);
    assert.notEqual(await host.call('pid', undefined), pid);
  });

  test('comes too late for a computation that ends well', async (t) => {
    const controller = new AbortController();
    const { result } = await running(openHost(t), 'ignoreCancel', undefined, { signal: controller.signal });
    controller.abort();
    assert.equal(await within('the call', result), 'done anyway');
  });

  test('takes a call out of the line at once, and only that one', async (t) => {
    const host = openHost(t);
    const file = join(await temporaryFolder(t), 'go');
    const { result } = await running(host, 'block', file);
    const controller = new AbortController();
    const given = host.call('echo', 'given up', { signal: controller.signal });
    const kept = host.call('echo', 'kept');
    controller.abort();
    await within('the waiting call', assert.rejects(given, { name: 'AbortError' }));
    await release(file);
    assert.equal(await within('the running call', result), file);
    assert.equal(await within('the other waiting call', kept), 'kept');
    await assert.rejects(host.call('echo', 1, { signal: controller.signal }), { name: 'AbortError' });
  });
});

describe('slots', () => {
  test('run at once, while the parent answers', async (t) => {
    const host = openHost(t, 2);
    const folder = await temporaryFolder(t);
    const files = [join(folder, 'one'), join(folder, 'two')];
    // Both children block their threads before this one lets either go on.
    const calls = await Promise.all(files.map((file) => running(host, 'block', file)));
    assert.equal(new Set(host.processIds).size, 2);
    for (const file of files.reverse()) await release(file);
    const results = await within('both', Promise.all(calls.map(({ result }) => result)));
    assert.deepEqual(results, files.toReversed());
  });

  test('serve waiting calls in order', async (t) => {
    const host = openHost(t);
    const file = join(await temporaryFolder(t), 'go');
    const { result } = await running(host, 'block', file);
    const order: unknown[] = [];
    const waiting = [1, 2, 3, 4].map(async (i) => order.push(await host.call('echo', i)));
    await release(file);
    await within('all calls', Promise.all([result, ...waiting]));
    assert.deepEqual(order, [1, 2, 3, 4]);
  });
});

describe('a child that dies', () => {
  test('rejects its call as worth another try, and the next call has a new child', async (t) => {
    const host = openHost(t);
    const pid = Number(await host.call('pid', undefined));
    const { result } = await running(host, 'untilCancelled');
    process.kill(pid, 'SIGKILL');
    const error = await within('the call', expectAppError('unavailable', result));
    assert.equal(error.reason, 'COMPUTE_DIED');
    assert.equal(error.retryable, true);
    assert.deepEqual(error.facts, { method: 'untilCancelled', how: 'signal SIGKILL' });
    assert.match(error.message, /smaller batch/);
    assert.deepEqual(host.processIds, []);
    assert.notEqual(await host.call('pid', undefined), pid);
  });

  test('is quoted with the end of what it printed', async (t) => {
    const text = `${'noise\n'.repeat(20_000)}out of cheese`;
    const error = await expectAppError('unavailable', openHost(t).call('exitSaying', text));
    assert.match(error.message, /exitSaying \(exit status 3\); it said:\n(noise\n){7}out of cheese$/);
  });

  test('leaves the other slots and the waiting calls alone', async (t) => {
    const host = openHost(t, 2);
    const file = join(await temporaryFolder(t), 'go');
    const dying = await running(host, 'untilCancelled');
    const [pid] = host.processIds;
    const { result } = await running(host, 'block', file);
    const waiting = host.call('echo', 'served');
    process.kill(pid!, 'SIGKILL');
    await expectAppError('unavailable', dying.result);
    assert.equal(await within('the waiting call', waiting), 'served');
    await release(file);
    assert.equal(await within('the other call', result), file);
  });

  test('because its module is missing says so', async (t) => {
    const host = new ComputeHost({ entry: new URL('./none.js', import.meta.url), slots: 1, environment: {} });
    t.after(() => host.close());
    const error = await expectAppError('unavailable', host.call('echo', 1));
    assert.match(error.message, /Cannot find module/);
  });
});

describe('the end', () => {
  test('of the host ends its children and every call, and starts no new child', async (t) => {
    const host = openHost(t, 1);
    const folder = await temporaryFolder(t);
    const { result } = await running(host, 'block', join(folder, 'never'));
    const waiting = [host.call('pid', undefined), host.call('pid', undefined)];
    const outcomes = Promise.allSettled([result, ...waiting]);
    await within('close', host.close());
    for (const outcome of await within('the calls', outcomes)) {
      assert.equal(outcome.status, 'rejected');
      assert.equal(outcome.reason.code, 'unavailable');
    }
    assert.deepEqual(host.processIds, []);
    await expectAppError('unavailable', host.call('echo', 1));
    await host.close();
  });

  for (const [what, method] of [
    ['the child', 'stayConnected'],
    ['a child that blocks its thread', 'blockConnected'],
  ] as const) {
    test(`of a parent that is killed ends ${what}`, async (t) => {
      const connected = deferred<Socket>();
      const server = createServer((socket) => connected.resolve(socket)).listen(0, '127.0.0.1');
      t.after(() => server.close());
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const fixture = fileURLToPath(new URL('./orphaning-parent.fixture.js', import.meta.url));
      const parent = spawn(process.execPath, [fixture, method, String(port)], { stdio: 'ignore' });
      t.after(() => parent.kill('SIGKILL'));
      const socket = await within('the child', connected.promise);
      await within('its word', once(socket, 'data'));
      const closed = once(
        socket.resume().on('error', () => {}),
        'close',
      );
      parent.kill('SIGKILL');
      // The connection is the child's: it ends with the child's process.
      await within('the child to exit', closed);
    });
  }
});
