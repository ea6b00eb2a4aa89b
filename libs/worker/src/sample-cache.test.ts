import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Samples } from '@alarena/dataset';
import { SampleCache } from './sample-cache.js';

/** 14 bytes a sample. */
function samples(count: number): Samples {
  return { images: new Uint8Array(count * 10), labels: new Int32Array(count) };
}

/** Asks for a set and says whether it had to be read. */
async function isRead(cache: SampleCache, name: string, count = 1): Promise<boolean> {
  let read = false;
  const set = await cache.get(name, async () => {
    read = true;
    return samples(count);
  });
  assert.equal(set.labels.length, count);
  return read;
}

describe('the sample cache', () => {
  test('keeps what was used lately within its bytes', async () => {
    const cache = new SampleCache(3 * 14);
    for (const name of ['a', 'b', 'c']) assert.equal(await isRead(cache, name), true);
    assert.equal(await isRead(cache, 'a'), false);
    assert.equal(await isRead(cache, 'd'), true);
    assert.equal(await isRead(cache, 'a'), false);
    assert.equal(await isRead(cache, 'c'), false);
    assert.equal(await isRead(cache, 'b'), true);
    assert.equal(await isRead(cache, 'd'), true);
  });

  test('makes room for a large set by as many as it takes', async () => {
    const cache = new SampleCache(4 * 14);
    for (const name of ['a', 'b', 'c']) await isRead(cache, name);
    assert.equal(await isRead(cache, 'large', 3), true);
    assert.equal(await isRead(cache, 'large', 3), false);
    assert.equal(await isRead(cache, 'c'), false);
    assert.equal(await isRead(cache, 'a'), true);
  });

  test('does not keep a set larger than itself, nor drop others for it', async () => {
    const cache = new SampleCache(2 * 14);
    await isRead(cache, 'a');
    assert.equal(await isRead(cache, 'huge', 3), true);
    assert.equal(await isRead(cache, 'huge', 3), true);
    assert.equal(await isRead(cache, 'a'), false);
  });

  test('keeps nothing of a read that failed', async () => {
    const cache = new SampleCache(14);
    await assert.rejects(
      cache.get('a', () => Promise.reject(new Error('lost'))),
      /lost/,
    );
    assert.equal(await isRead(cache, 'a'), true);
    assert.equal(await isRead(cache, 'a'), false);
  });
});
