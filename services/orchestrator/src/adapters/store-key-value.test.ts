import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FilesystemStore, putJson } from '@alarena/store';
import { expectAppError, keyValueContract, temporaryFolder } from '@alarena/testkit';
import { StoreKeyValue } from './store-key-value.js';

keyValueContract(
  'bucket in the object store',
  async ({ ttlMs }) => {
    const folder = await mkdtemp(join(tmpdir(), 'alarena-test-'));
    const options = { name: 'test', pollMs: 50, ...(ttlMs !== undefined && { ttlMs }) };
    const open = () => new StoreKeyValue({ store: new FilesystemStore(folder), ...options });
    const [bucket, other] = [open(), open()];
    const dispose = async (): Promise<void> => {
      bucket.close();
      other.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    };
    return { bucket, other, dispose };
  },
  // Each write waits for the disk.
  { ttlMs: 2_000 },
);

test('objects from before there were buckets are entries', async (t) => {
  const store = new FilesystemStore(await temporaryFolder(t));
  await putJson(store, 'comparisons/small-1/record.json', { id: 'small-1' });
  const bucket = new StoreKeyValue({ store, name: 'comparisons' });
  t.after(() => bucket.close());
  assert.deepEqual(await bucket.keys(''), ['small-1.record']);
  const entry = (await bucket.get('small-1.record')) ?? assert.fail();
  assert.deepEqual(JSON.parse(Buffer.from(entry.value).toString()), { id: 'small-1' });
  await expectAppError('already-exists', bucket.create('small-1.record', Uint8Array.of()));
  const later = await bucket.update('small-1.record', Buffer.from('{}'), entry.revision);
  assert.ok(later > entry.revision);
  assert.equal(Buffer.from((await bucket.get('small-1.record'))?.value ?? []).toString(), '{}');
});
