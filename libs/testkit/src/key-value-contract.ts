// The promises of the KeyValue port as tests. An adapter that passes them can stand in for any other.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { maxPayloadBytes } from '@alarena/bus';
import { expectAppError } from './expect-app-error.js';
import { bytes, type MakeBucket, open, plain } from './key-value-fixture.js';
import { keyValueWatchContract } from './key-value-watch-contract.js';

export interface KeyValueContractOptions {
  /** The shortest time to live that the adapter can keep; false where it keeps none. Default: 200 ms. */
  readonly ttlMs?: number | false;
}

export function keyValueContract(
  name: string,
  makeBucket: MakeBucket,
  { ttlMs = 200 }: KeyValueContractOptions = {},
): void {
  describe(`${name} keeps the key-value contract: entries`, () => {
    test('keeps what was put, in revisions that rise', async (t) => {
      const { bucket, other } = await open(t, makeBucket);
      assert.equal(await bucket.get('a'), undefined);
      const first = await bucket.put('a', bytes('one'));
      assert.deepEqual(plain(await bucket.get('a')), { key: 'a', value: 'one', revision: first });
      const second = await other.put('b.c', Uint8Array.of());
      const third = await bucket.put('a', bytes('two'));
      assert.ok(first < second && second < third);
      assert.deepEqual(plain(await other.get('a')), { key: 'a', value: 'two', revision: third });
      assert.deepEqual(plain(await bucket.get('b.c')), { key: 'b.c', value: '', revision: second });
    });

    test('creates only what is not there', async (t) => {
      const { bucket, other } = await open(t, makeBucket);
      const first = await bucket.create('a', bytes('one'));
      await expectAppError('already-exists', other.create('a', bytes('two')));
      await expectAppError('already-exists', bucket.create('a', bytes('one')));
      assert.deepEqual(plain(await other.get('a')), { key: 'a', value: 'one', revision: first });
      await bucket.delete('a');
      const second = await other.create('a', bytes('three'));
      assert.ok(second > first);
      assert.deepEqual(plain(await bucket.get('a')), { key: 'a', value: 'three', revision: second });
    });

    test('lets one of many creators win', async (t) => {
      const { bucket, other } = await open(t, makeBucket);
      const creators = Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? bucket : other));
      // Anew, and over what a deleted entry may leave behind.
      for (let round = 0; round < 2; round++) {
        const outcomes = await Promise.allSettled(creators.map((one, i) => one.create('a', bytes(`${i}`))));
        const winners = outcomes.flatMap(({ status }, i) => (status === 'fulfilled' ? [`${i}`] : []));
        assert.equal(winners.length, 1);
        for (const outcome of outcomes) {
          if (outcome.status === 'rejected') assert.equal(outcome.reason.code, 'already-exists');
        }
        assert.equal(plain(await bucket.get('a'))?.value, winners[0]);
        await other.delete('a');
      }
    });

    test('updates only the revision named', async (t) => {
      const { bucket, other } = await open(t, makeBucket);
      await expectAppError('aborted', bucket.update('a', bytes('none'), 1));
      const first = await bucket.create('a', bytes('one'));
      const second = await other.update('a', bytes('two'), first);
      assert.ok(second > first);
      await expectAppError('aborted', bucket.update('a', bytes('three'), first));
      assert.deepEqual(plain(await bucket.get('a')), { key: 'a', value: 'two', revision: second });
      await bucket.delete('a');
      await expectAppError('aborted', bucket.update('a', bytes('four'), second));
      assert.equal(await bucket.get('a'), undefined);
    });

    test('lets one of many updates of a revision win', async (t) => {
      const { bucket, other } = await open(t, makeBucket);
      const revision = await bucket.create('a', bytes('0'));
      const outcomes = await Promise.allSettled(
        Array.from({ length: 10 }, (_, i) =>
          (i % 2 === 0 ? bucket : other).update('a', bytes('1'), revision),
        ),
      );
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
    });

    test('deletes what is there, in the revision named', async (t) => {
      const { bucket, other } = await open(t, makeBucket);
      await bucket.delete('a');
      await bucket.delete('a', 7);
      const first = await bucket.put('a', bytes('one'));
      const second = await bucket.put('a', bytes('two'));
      await expectAppError('aborted', other.delete('a', first));
      assert.equal(plain(await bucket.get('a'))?.revision, second);
      await other.delete('a', second);
      assert.equal(await bucket.get('a'), undefined);
      await bucket.put('a', bytes('three'));
      await bucket.delete('a');
      assert.equal(await other.get('a'), undefined);
      await bucket.delete('a', second);
    });

    test('lists keys by prefix, in order', async (t) => {
      const { bucket, other } = await open(t, makeBucket);
      assert.deepEqual(await bucket.keys(''), []);
      for (const key of ['worker.b', 'worker', 'worker.a.x', 'workers.c', 'Z', 'worker.gone', 'worker.B']) {
        await bucket.put(key, bytes(key));
      }
      await bucket.delete('worker.gone');
      assert.deepEqual(await other.keys('worker.'), ['worker.B', 'worker.a.x', 'worker.b']);
      assert.deepEqual(await other.keys('worker.a.'), ['worker.a.x']);
      assert.deepEqual(await other.keys('nobody.'), []);
      assert.deepEqual(await bucket.keys(''), [
        'Z',
        'worker',
        'worker.B',
        'worker.a.x',
        'worker.b',
        'workers.c',
      ]);
    });

    test('keeps a copy: callers may go on to use their buffers', async (t) => {
      const { bucket } = await open(t, makeBucket);
      const value = bytes('one');
      await bucket.put('a', value);
      value.fill(0);
      const read = await bucket.get('a');
      read?.value.fill(0);
      assert.equal(plain(await bucket.get('a'))?.value, 'one');
    });

    test('refuses bad keys, bad prefixes and large values', async (t) => {
      const { bucket } = await open(t, makeBucket);
      const refused = async (field: string, call: () => Promise<unknown>): Promise<void> => {
        const { violations } = await expectAppError('invalid-argument', call);
        assert.deepEqual(
          violations.map((violation) => violation.field),
          [field],
        );
      };
      for (const bad of ['', '.', 'a.', '.a', 'a..b', '*', 'a.>', 'a b', 'ä', 'a'.repeat(251)]) {
        await refused('key', () => bucket.get(bad));
        await refused('key', () => bucket.put(bad, bytes('x')));
        await refused('key', () => bucket.create(bad, bytes('x')));
        await refused('key', () => bucket.update(bad, bytes('x'), 1));
        await refused('key', () => bucket.delete(bad));
      }
      for (const bad of ['a', '.', 'a..', '*.', '>']) {
        await refused('prefix', () => bucket.keys(bad));
        await refused('prefix', async () => bucket.watch(bad, { signal: AbortSignal.abort() }));
      }
      const large = new Uint8Array(maxPayloadBytes + 1);
      await refused('value', () => bucket.put('a', large));
      await bucket.put('a'.repeat(250), large.subarray(1));
    });
  });

  keyValueWatchContract(name, makeBucket, ttlMs);
}
