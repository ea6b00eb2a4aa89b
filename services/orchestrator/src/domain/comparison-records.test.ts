import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import { InProcessKeyValue } from '@alarena/bus';
import { specFromProto } from '@alarena/config';
import { expectAppError } from '@alarena/testkit';
import { smallSpec } from '../test-support/installation.js';
import type { CellSummary, ComparisonRecord, ComparisonStatus } from './comparison.js';
import { ComparisonRecords, untouched } from './comparison-records.js';

function record(id: string, createdAt = '2026-01-01T00:00:00.000Z', name = 'small'): ComparisonRecord {
  const spec = specFromProto(smallSpec({ name }));
  return { schemaVersion: 1, id, key: id, spec, dataset: 'd', numerics: 'n', versions: {}, createdAt };
}

function openRecords(t: TestContext): { records: ComparisonRecords; bucket: InProcessKeyValue } {
  const bucket = new InProcessKeyValue();
  t.after(() => bucket.close());
  return { records: new ComparisonRecords(bucket), bucket };
}

describe('what is wanted of a comparison', () => {
  test('has every change of many at once', async (t) => {
    const { records } = openRecords(t);
    const raise = () =>
      records.want('a', ({ desired }) => ({ ...desired, parallelism: desired.parallelism + 1 }));
    await Promise.all(Array.from({ length: 10 }, raise));
    assert.equal((await records.state('a')).desired.parallelism, 11);
  });

  test('of an earlier version is read from its status', async (t) => {
    const { records, bucket } = openRecords(t);
    const old = { parallelism: 3, finishedAt: null, cells: [] };
    await bucket.put('a.status', Buffer.from(JSON.stringify({ ...old, status: 'cancelled' })));
    await bucket.put('b.status', Buffer.from(JSON.stringify({ ...old, status: 'pending' })));
    const [a, b] = [await records.state('a'), await records.state('b')];
    assert.deepEqual([a.desired.state, b.desired.state], ['cancelled', 'running']);
    assert.deepEqual([b.desired.parallelism, b.status.generation, b.status.term], [3, 0, 0]);
  });
});

describe('the status of a comparison', () => {
  test('of an earlier term is refused, however late it comes', async (t) => {
    const { records } = openRecords(t);
    await records.tell('a', { ...untouched, status: 'running', term: 5 });
    await records.tell('a', { ...untouched, status: 'done', term: 7 });
    const refused = await expectAppError('aborted', records.tell('a', { ...untouched, term: 6 }));
    assert.equal(refused.reason, 'TERM_OVER');
    assert.deepEqual((await records.state('a')).status, { ...untouched, status: 'done', term: 7 });
  });

  test('of 5,000 failed cells with a message each fits, of too many it is refused by name', async (t) => {
    const { records } = openRecords(t);
    const cell = (): CellSummary => ({
      ...{ status: 'failed', roundsDone: 7 },
      error: `the blob ${randomBytes(32).toString('hex')} is damaged: its bytes are not those of its name`,
    });
    const status = (cells: number): ComparisonStatus => ({
      ...untouched,
      cells: Array.from({ length: cells }, cell),
    });
    const large = status(5_000);
    await records.tell('a', large);
    assert.deepEqual((await records.state('a')).status, large);
    const refused = await expectAppError('resource-exhausted', records.tell('a', status(50_000)));
    assert.equal(refused.reason, 'RECORD_TOO_LARGE');
  });
});

test('the first record of an id stands', async (t) => {
  const { records } = openRecords(t);
  const first = await records.create(record('small-1'));
  assert.deepEqual(await records.create(record('small-1', '2026-02-02T00:00:00.000Z')), first);
});

test('finds by id, by the newest of a name, by a head that is unique', async (t) => {
  const { records } = openRecords(t);
  await records.create(record('small-aa', '2026-01-01T00:00:00.000Z'));
  await records.create(record('small-ab', '2026-01-02T00:00:00.000Z'));
  await records.create(record('large-aa', '2026-01-03T00:00:00.000Z', 'large'));
  const found = async (reference: string): Promise<string> => (await records.find(reference)).id;
  assert.equal(await found('small-aa'), 'small-aa');
  assert.equal(await found('small'), 'small-ab');
  assert.equal(await found('l'), 'large-aa');
  assert.deepEqual(
    (await records.list()).map(({ id }) => id),
    ['large-aa', 'small-ab', 'small-aa'],
  );
  await expectAppError('invalid-argument', records.find('small-a'));
  await expectAppError('not-found', records.find(''));
  assert.match((await expectAppError('not-found', records.find('small-aax'))).message, /did you mean/);
});
