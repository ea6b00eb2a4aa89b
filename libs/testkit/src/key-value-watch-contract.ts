// The key-value contract's part on watches and on entries that expire.

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { KeyValue, KeyValueChange } from '@alarena/bus';
import { bytes, type MakeBucket, open, plain } from './key-value-fixture.js';
import { waitFor, within } from './waiting.js';

export function keyValueWatchContract(name: string, makeBucket: MakeBucket, ttlMs: number | false): void {
  describe(`${name} keeps the key-value contract: watches`, () => {
    test('gives what is there, then says ready, then gives each change', async (t) => {
      const { bucket, other } = await open(t, makeBucket);
      const values = { 'w.a': 'one', 'w.b': 'two', x: 'three' };
      for (const [key, value] of Object.entries(values)) await bucket.put(key, bytes(value));
      await bucket.put('w.gone', bytes('gone'));
      await bucket.delete('w.gone');
      const seen = watch(t, other, 'w.');
      assert.deepEqual(await seen.initial(), { 'w.a': 'one', 'w.b': 'two' });
      const revision = await bucket.put('w.a', bytes('changed'));
      const change = await seen.next();
      assert.deepEqual(plain(change.entry), { key: 'w.a', value: 'changed', revision });
      await bucket.put('x', bytes('not under the prefix'));
      await other.create('w.c', bytes('new'));
      assert.deepEqual(await seen.nextText(), ['w.c', 'new']);
      await bucket.delete('w.b');
      assert.deepEqual(await seen.nextText(), ['w.b', undefined]);
      await bucket.put('w.b', bytes('back'));
      assert.deepEqual(await seen.nextText(), ['w.b', 'back']);
      assert.equal(seen.timesReady, 1);
    });

    test('says ready also where nothing is', async (t) => {
      const { bucket, other } = await open(t, makeBucket);
      await other.put('elsewhere', bytes('x'));
      const seen = watch(t, bucket, 'w.');
      assert.deepEqual(await seen.initial(), {});
      await other.put('w.a', bytes('one'));
      assert.deepEqual(await seen.nextText(), ['w.a', 'one']);
    });

    test('shows a slow reader at least the last change of each key', async (t) => {
      const { bucket } = await open(t, makeBucket);
      const seen = watch(t, bucket, '');
      await seen.initial();
      for (let i = 0; i <= 20; i++) await bucket.put('a', bytes(`${i}`));
      await bucket.put('b', bytes('last'));
      const last = new Map<string, string | undefined>();
      while (last.get('b') === undefined || last.get('a') !== '20') {
        const [key, text] = await seen.nextText();
        last.set(key, text);
      }
    });

    test('gives every change to every watcher', async (t) => {
      const { bucket, other } = await open(t, makeBucket);
      const watchers = [watch(t, bucket, ''), watch(t, other, 'a.'), watch(t, bucket, 'a.')];
      for (const seen of watchers) await seen.initial();
      await bucket.put('a.b', bytes('one'));
      for (const seen of watchers) assert.deepEqual(await seen.nextText(), ['a.b', 'one']);
    });

    test('ends on abort, and when its reader leaves', async (t) => {
      const { bucket } = await open(t, makeBucket);
      await bucket.put('a', bytes('one'));
      const stop = new AbortController();
      const reading = (async () => {
        let count = 0;
        for await (const _ of bucket.watch('', { signal: stop.signal })) {
          count++;
          stop.abort();
        }
        return count;
      })();
      assert.equal(await within('the watch to end', reading), 1);
      const leaving = (async () => {
        for await (const { key } of bucket.watch('', { signal: new AbortController().signal })) return key;
        return undefined;
      })();
      assert.equal(await within('an entry', leaving), 'a');
      for await (const _ of bucket.watch('', { signal: AbortSignal.abort() })) assert.fail();
      await bucket.put('a', bytes('two'));
    });
  });

  if (ttlMs === false) return;
  describe(`${name} keeps the key-value contract: expiry`, () => {
    test('forgets an entry not written for the time to live, and tells the watchers', async (t) => {
      const { bucket, other } = await open(t, makeBucket, { ttlMs });
      const first = await bucket.create('w.a', bytes('one'));
      const seen = watch(t, other, 'w.');
      assert.deepEqual(await seen.initial(), { 'w.a': 'one' });
      assert.deepEqual(await seen.nextText(), ['w.a', undefined]);
      assert.equal(await bucket.get('w.a'), undefined);
      assert.deepEqual(await bucket.keys(''), []);
      const again = watch(t, bucket, '');
      assert.deepEqual(await again.initial(), {});
      const second = await other.create('w.a', bytes('two'));
      assert.ok(second > first);
      assert.deepEqual(await seen.nextText(), ['w.a', 'two']);
      assert.deepEqual(await seen.nextText(), ['w.a', undefined]);
    });

    test('keeps an entry that is written again in time', async (t) => {
      const { bucket } = await open(t, makeBucket, { ttlMs });
      const seen = watch(t, bucket, '');
      await seen.initial();
      let revision = await bucket.create('kept', bytes('0'));
      await bucket.create('left', bytes('0'));
      assert.deepEqual(await seen.nextText(), ['kept', '0']);
      assert.deepEqual(await seen.nextText(), ['left', '0']);
      const gone = (async () => {
        for (;;) {
          const [key, text] = await seen.nextText();
          if (text === undefined) return key;
        }
      })();
      let over = false;
      void gone.finally(() => {
        over = true;
      });
      await waitFor('the other one to expire', async () => {
        revision = await bucket.update('kept', bytes('again'), revision);
        return over;
      });
      assert.equal(await gone, 'left');
      assert.equal(plain(await bucket.get('kept'))?.value, 'again');
    });
  });
}

function watch(t: TestContext, bucket: KeyValue, prefix: string): Watched {
  const stop = new AbortController();
  t.after(() => stop.abort());
  return new Watched(bucket, prefix, stop.signal);
}

class Watched {
  timesReady = 0;
  readonly #changes: AsyncIterator<KeyValueChange>;
  /** Read ahead to see `ready`, which comes only to a reader that waits for more. */
  #ahead: Promise<IteratorResult<KeyValueChange>> | undefined;
  readonly #ready: Promise<'ready'>;

  constructor(bucket: KeyValue, prefix: string, signal: AbortSignal) {
    let onReady = (): void => {};
    this.#ready = new Promise((resolve) => {
      onReady = () => {
        this.timesReady++;
        resolve('ready');
      };
    });
    this.#changes = bucket.watch(prefix, { signal, onReady })[Symbol.asyncIterator]();
  }

  /** All entries before `ready`, as text. */
  async initial(): Promise<Record<string, string | undefined>> {
    const entries: [string, string | undefined][] = [];
    for (;;) {
      this.#ahead ??= this.#changes.next();
      const step = await within('the entries that are there', Promise.race([this.#ahead, this.#ready]));
      if (step === 'ready') return Object.fromEntries(entries.sort());
      this.#ahead = undefined;
      assert.ok(!step.done, 'the watch ended');
      entries.push([step.value.key, plain(step.value.entry)?.value]);
    }
  }

  async next(): Promise<KeyValueChange> {
    const next = this.#ahead ?? this.#changes.next();
    this.#ahead = undefined;
    const step = await within('a change', next);
    return step.done ? assert.fail('the watch ended') : step.value;
  }

  async nextText(): Promise<[string, string | undefined]> {
    const { key, entry } = await this.next();
    return [key, plain(entry)?.value];
  }
}
