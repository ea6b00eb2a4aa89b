import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FilesystemStore } from './filesystem-store.js';
import { getJson, putJson } from './json-objects.js';

test('JSON objects are written once or replaced by version, and parsed on the way out', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'alarena-test-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  const store = new FilesystemStore(root);
  const parse = (value: unknown): { n: number } => {
    assert.ok(typeof value === 'object' && value !== null && 'n' in value && typeof value.n === 'number');
    return { n: value.n };
  };
  assert.equal(await getJson(store, 'doc.json', parse), undefined);
  const put = await putJson(store, 'doc.json', { n: 1, ä: 'ü' }, { ifNoneMatch: '*' });
  assert.deepEqual(await getJson(store, 'doc.json', parse), { value: { n: 1 }, etag: put.etag });
  await assert.rejects(putJson(store, 'doc.json', { n: 2 }, { ifNoneMatch: '*' }), {
    code: 'already-exists',
  });
  await putJson(store, 'doc.json', { n: 2 }, { ifMatch: put.etag });
  await assert.rejects(putJson(store, 'doc.json', { n: 3 }, { ifMatch: put.etag }), { code: 'aborted' });
  assert.equal((await getJson(store, 'doc.json', parse))?.value.n, 2);
  await putJson(store, 'doc.json', ['no n']);
  await assert.rejects(getJson(store, 'doc.json', parse), assert.AssertionError);
  await store.put('doc.json', Buffer.from('{"n": 1'));
  await assert.rejects(getJson(store, 'doc.json', parse), { code: 'data-loss', facts: { key: 'doc.json' } });
});
