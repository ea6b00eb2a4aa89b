import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Parts, partBytes, partsOf } from './s3-upload.js';

async function* inChunks(bytes: Uint8Array, chunkBytes: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.byteLength; start += chunkBytes) {
    yield bytes.subarray(start, start + chunkBytes);
  }
}

async function gathered(parts: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const all: Uint8Array[] = [];
  for await (const part of parts) all.push(part);
  return all;
}

describe('the parts of a body', () => {
  test('are all of one size but the last, whatever chunks it comes in', async () => {
    const bytes = new Uint8Array(2 * partBytes + 7).map((_, i) => i % 251);
    const sizes = [partBytes, partBytes, 7];
    for (const body of [
      bytes,
      inChunks(bytes, 999_983),
      inChunks(bytes, 3 * partBytes),
      inChunks(bytes, partBytes),
    ]) {
      const parts = await gathered(partsOf(body));
      assert.deepEqual(
        parts.map((part) => part.byteLength),
        sizes,
      );
      assert.ok(Buffer.concat(parts).equals(bytes));
    }
  });

  test('are the body itself where it is short, and none where it is empty', async () => {
    const short = Uint8Array.of(1, 2, 3);
    assert.deepEqual(await gathered(partsOf(inChunks(short, 2))), [short]);
    assert.deepEqual(await gathered(partsOf(inChunks(new Uint8Array(0), 2))), []);
    assert.deepEqual(await gathered(partsOf(new Uint8Array(0))), []);
  });

  test('show whether the first is all there is', async () => {
    const wholeOf = async (size: number): Promise<number | undefined> =>
      (await Parts.of(inChunks(new Uint8Array(size), 1 << 20))).whole()?.byteLength;
    assert.deepEqual(
      [await wholeOf(0), await wholeOf(5), await wholeOf(partBytes - 1), await wholeOf(partBytes)],
      [0, 5, partBytes - 1, undefined],
    );
    const parts = await Parts.of(inChunks(new Uint8Array(partBytes + 1), 1 << 20));
    assert.deepEqual(
      (await gathered(parts)).map((part) => part.byteLength),
      [partBytes, 1],
    );
  });
});
