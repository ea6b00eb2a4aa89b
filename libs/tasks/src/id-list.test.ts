import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { blobKey, FilesystemStore } from '@alarena/store';
import { expectAppError, temporaryFolder } from '@alarena/testkit';
import fc from 'fast-check';
import { getIds, idsRef, isIdsLost, putIds } from './id-list.js';
import { corruptBlob } from './tasks.fixture.js';

describe('a list of ids', () => {
  test('comes back ascending, under a name that its order does not change', async (t) => {
    const store = new FilesystemStore(await temporaryFolder(t));
    const ids = fc.uniqueArray(fc.nat({ max: 2 ** 31 - 1 }), { maxLength: 50 });
    await fc.assert(
      fc.asyncProperty(ids, async (list) => {
        const ref = await putIds(store, list);
        assert.equal(ref.count, list.length);
        assert.deepEqual(await putIds(store, new Set(list.toReversed())), ref);
        const given = Int32Array.from(list);
        assert.deepEqual(await putIds(store, given), ref);
        assert.deepEqual(given, Int32Array.from(list), 'the list given is left as it is');
        assert.deepEqual(await getIds(store, ref), Int32Array.from(list).sort());
      }),
      { numRuns: 30 },
    );
  });

  test('has a name that stays what it is', async (t) => {
    const store = new FilesystemStore(await temporaryFolder(t));
    // SHA-256 of three little-endian 32-bit integers, as Python's struct.pack('<3i', 1, 300, 70000) has them.
    const sha256 = '07f7a4c540ec2130b161c5aa22a75c0eea300250db2ae6e4079616e9f9010d59';
    assert.deepEqual(await putIds(store, [300, 1, 70_000]), { sha256, count: 3 });
    assert.notDeepEqual(await putIds(store, [300, 1]), await putIds(store, [300, 2]));
  });

  test('refuses an id named twice, and what is no id', async (t) => {
    const store = new FilesystemStore(await temporaryFolder(t));
    const twice = await expectAppError('invalid-argument', putIds(store, [5, 3, 5]));
    assert.match(twice.message, /sample id 5 is named twice/);
    for (const bad of [-1, 1.5, 2 ** 31, 2 ** 32 + 1, Number.NaN]) {
      const error = await expectAppError('invalid-argument', putIds(store, [1, bad]));
      assert.match(error.message, new RegExp(`integer from 0 .*got ${bad}`));
    }
    await expectAppError('invalid-argument', putIds(store, Int32Array.of(2, -1)));
    await expectAppError('invalid-argument', putIds(store, Int32Array.of(2, 1, 2)));
  });

  test('that is corrupt is not taken for one', async (t) => {
    const store = new FilesystemStore(await temporaryFolder(t));
    const ref = await putIds(store, [1, 2]);
    await corruptBlob(store, ref.sha256, 8);
    await expectAppError('data-loss', getIds(store, ref));
  });

  test('is stored again where it was corrupt, and only then', async (t) => {
    const store = new FilesystemStore(await temporaryFolder(t));
    let repairs = 0;
    const put = () => putIds(store, [4, 2], () => repairs++);
    const ref = await put();
    await put();
    assert.equal(repairs, 0);
    await corruptBlob(store, ref.sha256, 8);
    await expectAppError('data-loss', getIds(store, ref));
    assert.deepEqual(await put(), ref);
    assert.equal(repairs, 1);
    assert.deepEqual(await getIds(store, ref), Int32Array.of(2, 4));
  });

  test('that is gone or corrupt is told as lost, for who knows the ids to put it again', async (t) => {
    const store = new FilesystemStore(await temporaryFolder(t));
    const ref = idsRef([7, 5]);
    assert.ok(isIdsLost(await expectAppError('not-found', getIds(store, ref))), 'naming it stores nothing');
    assert.deepEqual(await putIds(store, [7, 5]), ref);
    await corruptBlob(store, ref.sha256, 8);
    assert.ok(isIdsLost(await expectAppError('data-loss', getIds(store, ref))));
    await store.delete(blobKey(ref.sha256));
    assert.ok(isIdsLost(await expectAppError('not-found', getIds(store, ref))));
  });
});
