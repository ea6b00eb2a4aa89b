// The object store contract's part on streams: versions never mix, memory is bounded, failures and aborts leave nothing.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expectAppError } from './expect-app-error.js';
import {
  type MakeStore,
  mebibyte,
  memoryGauge,
  openStore,
  read,
  someBytes,
  text,
} from './object-store-fixture.js';

export function objectStoreStreamingContract(name: string, makeStore: MakeStore): void {
  describe(`${name} keeps the object store contract: streams`, () => {
    test('never shows a reader two versions mixed', async (t) => {
      const store = await openStore(t, makeStore);
      const versions = [7, 8, 9].map((fill) => new Uint8Array(mebibyte).fill(fill));
      await store.put('object', versions[0]!);
      let writing = true;
      const writers = versions.map(async (version) => {
        for (let i = 0; i < 5; i++) await store.put('object', version);
      });
      const readers = Array.from({ length: 3 }, async () => {
        while (writing) {
          const bytes = await read(store, 'object');
          assert.equal(bytes.byteLength, mebibyte);
          assert.ok(bytes.every((byte) => byte === bytes[0]));
        }
      });
      await Promise.all(writers);
      writing = false;
      await Promise.all(readers);
    });

    test('streams 64 MiB in and out without holding it', async (t) => {
      const store = await openStore(t, makeStore);
      const gauge = memoryGauge();
      const chunks = 64;
      await store.put(
        'large',
        (async function* () {
          for (let i = 0; i < chunks; i++) {
            gauge.sample(i);
            yield new Uint8Array(mebibyte).fill(i);
          }
        })(),
      );
      let sizeBytes = 0;
      for await (const chunk of (await store.get('large')).body) {
        gauge.sample(Math.floor(sizeBytes / mebibyte));
        assert.equal(chunk[0], Math.floor(sizeBytes / mebibyte));
        sizeBytes += chunk.byteLength;
      }
      assert.equal(sizeBytes, chunks * mebibyte);
      assert.ok(gauge.peakBytes() < 24 * mebibyte, `held ${gauge.peakBytes()} bytes`);
    });

    test('leaves everything as it was when the body fails', async (t) => {
      const store = await openStore(t, makeStore);
      await store.put('object', text('before'));
      const failing = async function* (): AsyncGenerator<Uint8Array> {
        yield new Uint8Array(mebibyte);
        throw new RangeError('the source broke');
      };
      await assert.rejects(store.put('object', failing()), /the source broke/);
      await assert.rejects(store.put('new', failing()), /the source broke/);
      assert.deepEqual(await read(store, 'object'), text('before'));
      assert.equal(await store.head('new'), undefined);
    });

    test('stops on abort, even when the body is stuck', async (t) => {
      const store = await openStore(t, makeStore);
      const controller = new AbortController();
      const stuck = async function* (): AsyncGenerator<Uint8Array> {
        yield new Uint8Array(10);
        controller.abort();
        await new Promise(() => {});
      };
      await expectAppError('cancelled', store.put('object', stuck(), { signal: controller.signal }));
      assert.equal(await store.head('object'), undefined);
      await expectAppError('cancelled', store.put('object', text('x'), { signal: AbortSignal.abort() }));
      await store.put('object', someBytes(4 * mebibyte, 'abort'));
      const reading = new AbortController();
      const { body } = await store.get('object', { signal: reading.signal });
      await expectAppError('cancelled', async () => {
        for await (const _ of body) reading.abort();
      });
    });

    test('lets a reader leave early', async (t) => {
      const store = await openStore(t, makeStore);
      await store.put('object', someBytes(4 * mebibyte, 'early'));
      for (let i = 0; i < 50; i++) {
        for await (const chunk of (await store.get('object')).body) {
          assert.ok(chunk.byteLength > 0);
          break;
        }
        const { body } = await store.get('object');
        await body[Symbol.asyncIterator]().return?.();
      }
      await store.delete('object');
    });
  });
}
