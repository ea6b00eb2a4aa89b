// What an observed store tells: figures of every operation, and spans that go on in the caller's trace.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { FilesystemStore, type ObjectStore, observeStore, type StoreOperation } from '@alarena/store';
import { startTelemetry, withSpan } from '@alarena/telemetry';
import { expectAppError } from './expect-app-error.js';
import { objectStoreContract } from './object-store-contract.js';
import { collect, mebibyte } from './object-store-fixture.js';
import { type TestScope, temporaryFolder } from './temporary-folder.js';

objectStoreContract('an observed store', async () => {
  const endings: (() => Promise<void>)[] = [];
  const folder = await temporaryFolder({ after: (end) => endings.push(end) });
  return {
    store: observeStore(new FilesystemStore(folder), () => {}),
    dispose: async () => {
      for (const end of endings) await end();
    },
  };
});

async function observed(t: TestScope): Promise<{ store: ObjectStore; told: StoreOperation[] }> {
  const told: StoreOperation[] = [];
  const store = observeStore(new FilesystemStore(await temporaryFolder(t)), (operation) =>
    told.push(operation),
  );
  return { store, told };
}

describe('an observed store', () => {
  test('tells operation, bytes and failure of each call once', async (t) => {
    const { store, told } = await observed(t);
    await store.put('blobs/one', new Uint8Array(3 * mebibyte));
    await store.head('blobs/one');
    await collect(store.list('blobs/'));
    await expectAppError('not-found', store.get('blobs/none'));
    await expectAppError('already-exists', store.put('blobs/one', new Uint8Array(1), { ifNoneMatch: '*' }));
    await store.delete('blobs/one');
    assert.deepEqual(
      told.map(({ operation, bytes, errorCode }) => [operation, bytes, errorCode]),
      [
        ['put', 3 * mebibyte, undefined],
        ['head', 0, undefined],
        ['list', 0, undefined],
        ['get', 0, 'not-found'],
        ['put', 0, 'already-exists'],
        ['delete', 0, undefined],
      ],
    );
    assert.ok(told.every(({ seconds }) => seconds > 0));
  });

  test('counts a body to its last byte, or as far as it was read', async (t) => {
    const { store, told } = await observed(t);
    await store.put('object', new Uint8Array(3 * mebibyte));
    const reads = (): StoreOperation[] => told.filter(({ operation }) => operation === 'get');
    const { body } = await store.get('object');
    assert.equal(reads().length, 0);
    await collect(body);
    assert.deepEqual(
      reads().map(({ bytes }) => bytes),
      [3 * mebibyte],
    );
    for await (const chunk of (await store.get('object')).body) {
      assert.ok(chunk.byteLength < mebibyte);
      break;
    }
    const partly = reads()[1]?.bytes ?? 0;
    assert.ok(partly > 0 && partly < mebibyte);
    // One that was never begun.
    await (await store.get('object')).body[Symbol.asyncIterator]().return?.();
    const controller = new AbortController();
    const { body: cancelled } = await store.get('object', { signal: controller.signal });
    await expectAppError('cancelled', async () => {
      for await (const _ of cancelled) controller.abort();
    });
    assert.deepEqual(
      reads().map(({ bytes, errorCode }) => [bytes > 0, errorCode]),
      [
        [true, undefined],
        [true, undefined],
        [false, undefined],
        [true, 'cancelled'],
      ],
    );
  });

  test('is a part of the trace of its caller', async (t) => {
    interface Span {
      readonly name: string;
      readonly spanId: string;
      readonly parentSpanId?: string;
      readonly kind: number;
      readonly attributes: readonly { readonly key: string; readonly value: Record<string, unknown> }[];
    }
    const spans: Span[] = [];
    const sink = createServer(async (request, response) => {
      const batch: { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] } = JSON.parse(await text(request));
      spans.push(
        ...batch.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)),
      );
      response.end('{}');
    });
    sink.listen(0, '127.0.0.1');
    await once(sink, 'listening');
    t.after(() => sink.close());
    const address = sink.address();
    assert.ok(address !== null && typeof address === 'object');
    const endpoint = `http://127.0.0.1:${address.port}`;
    const telemetry = await startTelemetry({ service: 'test', endpoint, exportLimitMs: 60_000 });
    const { store } = await observed(t);
    await withSpan('caller', {}, async () => {
      await store.put('results/a/b', new Uint8Array(5));
      await collect((await store.get('results/a/b')).body);
    });
    await telemetry.shutdown(60_000);
    const caller = spans.find(({ name }) => name === 'caller');
    for (const operation of ['put', 'get']) {
      const span = spans.find(({ name }) => name === `store ${operation}`);
      assert.equal(span?.parentSpanId, caller?.spanId);
      const clientKind = 3;
      assert.equal(span?.kind, clientKind);
      assert.deepEqual(
        Object.fromEntries(span.attributes.map(({ key, value }) => [key, Object.values(value)[0]])),
        {
          'alarena.store.operation': operation,
          'alarena.store.area': 'results',
          'alarena.store.bytes': 5,
        },
      );
    }
  });
});
