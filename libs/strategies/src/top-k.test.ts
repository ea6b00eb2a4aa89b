import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { topK } from './top-k.js';

test('topK equals sorting by score, then by id', () => {
  // Few distinct scores, so that ties are the rule.
  const samples = fc.uniqueArray(fc.tuple(fc.nat(1000), fc.integer({ min: -3, max: 3 })), {
    selector: ([id]) => id,
    minLength: 1,
    maxLength: 60,
  });
  fc.assert(
    fc.property(samples, fc.nat(), (pairs, draw) => {
      const k = 1 + (draw % pairs.length);
      const ids = Int32Array.from(pairs, ([id]) => id);
      const picked = topK(
        Float64Array.from(pairs, ([, score]) => score),
        ids,
        k,
      );
      const sorted = [...pairs].sort(([idA, a], [idB, b]) => b - a || idA - idB);
      assert.deepEqual(
        Array.from(picked, (position) => ids[position]),
        sorted.slice(0, k).map(([id]) => id),
      );
    }),
  );
});
