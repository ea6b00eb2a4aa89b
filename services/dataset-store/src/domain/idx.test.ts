import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AppError, sha256Hex } from '@alarena/core';
import fc from 'fast-check';
import { appError, idx } from '../fixtures.js';
import { type ByteSource, type IdxSummary, readIdx } from './idx.js';

function sourceOf(bytes: Uint8Array, cuts: readonly number[] = []): ByteSource {
  return {
    name: 'file',
    async *open() {
      let from = 0;
      for (const cut of [...cuts].sort((a, b) => a - b)) {
        yield bytes.subarray(from, cut);
        from = Math.max(from, cut);
      }
      yield bytes.subarray(from);
    },
  };
}

async function readAll(source: ByteSource, rank: number, batch = 2) {
  const parts: Uint8Array[] = [];
  const reading = readIdx(source, { rank, batchItems: () => batch });
  for (;;) {
    const step = await reading.next();
    if (step.done) return { parts, summary: step.value satisfies IdxSummary };
    parts.push(step.value);
  }
}

describe('reading IDX', () => {
  test('gives whole items in batches, however the bytes arrive', async () => {
    const values = Uint8Array.from({ length: 5 * 6 }, (_, i) => i);
    const bytes = idx([0x803, 5, 2, 3], values);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(bytes.length), { maxLength: 8 }),
        fc.integer({ min: 1, max: 7 }),
        async (cuts, batch) => {
          const { parts, summary } = await readAll(sourceOf(bytes, cuts), 3, batch);
          assert.deepEqual(Buffer.concat(parts), Buffer.from(values));
          assert.ok(parts.every((part, i) => i === parts.length - 1 || part.length === batch * 6));
          assert.deepEqual(summary, {
            header: { items: 5, itemShape: [2, 3], itemBytes: 6 },
            sha256: sha256Hex(bytes),
            sizeBytes: bytes.length,
          });
        },
      ),
    );
  });

  test('reads labels, which have one dimension', async () => {
    const { parts, summary } = await readAll(sourceOf(idx([0x801, 3], Uint8Array.of(4, 5, 6))), 1);
    assert.deepEqual([...Buffer.concat(parts)], [4, 5, 6]);
    assert.equal(summary.header.itemBytes, 1);
  });
});

describe('reading IDX refuses', () => {
  const cases: readonly [string, Buffer, string, RegExp][] = [
    [
      'another magic',
      idx([0x801, 1], Uint8Array.of(1)),
      'invalid-argument',
      /^file .*0x00000801.*0x00000803/,
    ],
    ['no items', idx([0x803, 0, 2, 2], new Uint8Array(0)), 'invalid-argument', /extents 0 x 2 x 2/],
    ['empty items', idx([0x803, 1, 0, 2], new Uint8Array(0)), 'invalid-argument', /extents 1 x 0 x 2/],
    ['absurd items', idx([0x803, 1, 2 ** 31, 2 ** 31], Buffer.alloc(9)), 'invalid-argument', /extents/],
    ['nothing', Buffer.alloc(0), 'data-loss', /truncated: .* after 0 bytes, expected 16/],
    ['half a header', idx([0x803, 1], Buffer.alloc(0)), 'data-loss', /truncated: .* after 8 bytes/],
    ['too few values', idx([0x803, 2, 1, 3], Buffer.alloc(5)), 'data-loss', /after 21 bytes, expected 22/],
    [
      'too many values',
      idx([0x803, 2, 1, 3], Buffer.alloc(8)),
      'data-loss',
      /2 bytes too many: 24, expected 22/,
    ],
  ];
  for (const [what, bytes, code, text] of cases) {
    test(what, () => assert.rejects(readAll(sourceOf(bytes), 3), appError(code, text)));
  }

  test('to go on when cancelled', async () => {
    const reading = readIdx(sourceOf(idx([0x801, 1], Uint8Array.of(1))), {
      rank: 1,
      batchItems: () => 1,
      signal: AbortSignal.abort(),
    });
    await assert.rejects(reading.next(), (error) => error instanceof AppError && error.code === 'cancelled');
  });
});
