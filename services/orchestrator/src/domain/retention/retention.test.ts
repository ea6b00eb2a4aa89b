import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { findDataset } from '@alarena/dataset';
import { putBlob } from '@alarena/store';
import { getResult } from '@alarena/tasks';
import { collect, expectAppError } from '@alarena/testkit';
import { StoreKeyValue } from '../../adapters/store-key-value.js';
import { get, measured, runToEnd } from '../../test-support/calls.js';
import { type Installation, openWhole, smallSpec } from '../../test-support/installation.js';
import { ComparisonRecords } from '../comparison-records.js';
import { type CollectOptions, collectGarbage } from './collect.js';
import { addNeeds } from './needs.js';
import { type ComparisonFits, type WeightsToKeep, weightsKept } from './policy.js';
import { StoreQuota } from './quota.js';

describe('what is kept', () => {
  const cells = [
    ['f0', 'a1', 'a2'],
    ['f0', 'b1', 'b2'],
  ];

  test('of an ended comparison: weights of its ends, or of its last rounds, or all', () => {
    const kept = (weights: WeightsToKeep): string[] =>
      [...weightsKept([{ cells }], weights)].filter(([, isKept]) => isKept).map(([fit]) => fit);
    assert.deepEqual(kept('ends'), ['f0', 'a2', 'b2']);
    assert.deepEqual(kept('last'), ['a2', 'b2']);
    assert.deepEqual(kept('all'), ['f0', 'a1', 'a2', 'b1', 'b2']);
  });

  test('of several: what any of them keeps', () => {
    const kept = weightsKept([{ cells: [['f0', 'a1']] }, { cells }], 'last');
    assert.deepEqual([kept.get('a1'), kept.get('f0')], [true, false]);
  });
});

describe('collecting garbage', () => {
  const spec = smallSpec({ strategies: ['random', 'margin'] });
  let home: Awaited<ReturnType<typeof openWhole>>;
  let options: CollectOptions;
  before(async () => {
    home = await openWhole();
    const { id } = await runToEnd(home.client, spec);
    options = {
      ended: [await fitsOf(home, id)],
      needs: { digests: new Set(), tasks: new Set() },
      look: async () => {},
      datasets: [(await findDataset(home.store, 'quadrants')).digest],
      weights: 'ends',
      graceMs: 0,
      // Whatever the tests put is older than no grace at all, and younger than an hour.
      now: Date.now() + 600_000,
      dryRun: false,
      signal: new AbortController().signal,
    };
  });
  after(() => home.close());

  async function fitsOf({ client }: typeof home, id: string): Promise<ComparisonFits> {
    const cells = new Map<string, string[]>();
    for await (const { part } of client.getReport({ id }, { timeoutMs: 10_000 })) {
      if (part?.$case !== 'cell') continue;
      const { strategy, seed, rounds } = part.value;
      cells.set(
        `${strategy}/${seed}`,
        rounds.map(({ fitKey }) => fitKey),
      );
    }
    return { cells: [...cells.values()] };
  }

  const blobs = async ({ store }: Installation) =>
    (await collect(store.list('blobs/'))).map(({ key }) => key);

  test('a dry run says what would go, and removes nothing', async () => {
    const before = await blobs(home);
    const orphan = await putBlob(home.store, Buffer.from('named by nobody'));
    const { removed, kept } = await collectGarbage(home.store, { ...options, dryRun: true });
    assert.deepEqual(removed.map(({ reason }) => reason.split(' ')[0]).toSorted(), [
      'signals',
      'weights',
      'what',
    ]);
    const orphans = removed.find(({ reason }) => reason.startsWith('what'));
    assert.deepEqual([orphans?.objects, orphans?.bytes], [1, orphan.sizeBytes]);
    assert.equal((await blobs(home)).length, before.length + 1);
    const sum = (of: 'objects' | 'bytes') => [...removed, ...kept].reduce((all, group) => all + group[of], 0);
    const all = await collect(home.store.list(''));
    assert.equal(sum('objects'), all.length, 'every object of the store has its reason');
    assert.equal(
      sum('bytes'),
      all.reduce((bytes, { sizeBytes }) => bytes + sizeBytes, 0),
    );
  });

  test('removes nothing young, and nothing that one that goes on needs', async () => {
    const before = await blobs(home);
    const young = await collectGarbage(home.store, { ...options, graceMs: 3_600_000 });
    assert.deepEqual(young.removed, []);
    const needs = { digests: new Set<string>(), tasks: new Set<string>() };
    const { comparisons } = await home.client.listComparisons({}, { timeoutMs: 10_000 });
    const records = new ComparisonRecords(new StoreKeyValue({ store: home.store, name: 'comparisons' }));
    const record = await records.get(comparisons[0]?.id ?? '');
    await addNeeds(home.store, record, needs, options.signal);
    const going = await collectGarbage(home.store, { ...options, needs });
    assert.deepEqual(
      going.removed.map(({ reason, objects }) => [reason, objects]),
      [['what nothing names', 1]],
      'although another that has ended has all its fits',
    );
    assert.equal((await blobs(home)).length, before.length - 1);
  });

  test('leaves what was measured, and what is added later is computed', async () => {
    const [comparison] = (await home.client.listComparisons({}, { timeoutMs: 10_000 })).comparisons;
    const id = comparison?.id ?? '';
    const expected = await measured(home.client, id);
    const { removed } = await collectGarbage(home.store, options);
    assert.equal(removed.length, 2);
    const again = await collectGarbage(home.store, options);
    assert.deepEqual(again.removed, []);
    assert.deepEqual(await measured(home.client, id), expected);
    const [first = '', , last = ''] = options.ended[0]?.cells[0] ?? [];
    for (const fit of [first, last]) {
      const { result } = await getResult(home.store, 'fit', fit);
      const refs = result.weights.map(
        ({ array }) => `blobs/sha256/${array.sha256.slice(0, 2)}/${array.sha256}`,
      );
      const present = new Set(await blobs(home));
      assert.ok(refs.every((key) => present.has(key)));
    }
    // Bald wants signals of the first fit, whose weights stayed, and of its own.
    const wider = await runToEnd(home.client, smallSpec({ strategies: ['random', 'margin', 'bald'] }));
    const done = await get(home.client, wider.id);
    assert.ok(done.cells.every(({ error }) => error === ''));
  });
});

describe('the quota of the store', () => {
  test('refuses new work where the store is full, and says what helps', async (t) => {
    const home = await openWhole();
    t.after(() => home.close());
    const quota = (quotaBytes: number | undefined, maxAgeMs = 60_000) =>
      new StoreQuota({ store: home.store, quotaBytes, maxAgeMs });
    await quota(undefined).check();
    await quota(10 ** 12).check();
    const full = quota(10);
    const error = await expectAppError('resource-exhausted', full.check());
    assert.match(error.message, /alarena gc --dry-run/);
    assert.equal(error.retryable, false);
    const bytes = (await collect(home.store.list(''))).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    assert.equal(full.bytes, bytes);
  });
});
