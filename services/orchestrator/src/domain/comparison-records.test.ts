import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { specFromProto } from '@alarena/config';
import { FilesystemStore } from '@alarena/store';
import { expectAppError, temporaryFolder } from '@alarena/testkit';
import { smallSpec } from '../test-support/installation.js';
import type { ComparisonRecord, ComparisonStatus } from './comparison.js';
import { ComparisonRecords } from './comparison-records.js';

const status: ComparisonStatus = { status: 'pending', parallelism: 1, finishedAt: null, cells: [] };

function record(id: string, createdAt: string, name = 'small'): ComparisonRecord {
  const spec = specFromProto(smallSpec({ name }));
  return { schemaVersion: 1, id, key: id, spec, dataset: 'd', numerics: 'n', versions: {}, createdAt };
}

async function openRecords(t: TestContext): Promise<ComparisonRecords> {
  return new ComparisonRecords(new FilesystemStore(await temporaryFolder(t)));
}

test('a status changed by many at once has every change', async (t) => {
  const records = await openRecords(t);
  await records.create(record('small-1', '2026-01-01T00:00:00.000Z'), status);
  const raise = () =>
    records.updateStatus('small-1', (known) => ({ ...known, parallelism: known.parallelism + 1 }));
  await Promise.all(Array.from({ length: 10 }, raise));
  assert.equal((await records.status('small-1')).parallelism, 11);
});

test('the first record of an id stands', async (t) => {
  const records = await openRecords(t);
  const first = await records.create(record('small-1', '2026-01-01T00:00:00.000Z'), status);
  await records.updateStatus('small-1', (known) => ({ ...known, status: 'done' }));
  assert.deepEqual(await records.create(record('small-1', '2026-02-02T00:00:00.000Z'), status), first);
  assert.equal((await records.status('small-1')).status, 'done');
});

test('finds by id, by the newest of a name, by a head that is unique', async (t) => {
  const records = await openRecords(t);
  await records.create(record('small-aa', '2026-01-01T00:00:00.000Z'), status);
  await records.create(record('small-ab', '2026-01-02T00:00:00.000Z'), status);
  await records.create(record('large-aa', '2026-01-03T00:00:00.000Z', 'large'), status);
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
