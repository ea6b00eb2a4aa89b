import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { TopK, topK } from './top-k.js';

// Few distinct scores, so that ties are the rule.
const samples = fc.uniqueArray(fc.tuple(fc.nat(1000), fc.integer({ min: -3, max: 3 })), {
  selector: ([id]) => id,
  minLength: 1,
  maxLength: 60,
});
type Pairs = readonly (readonly [id: number, score: number])[];

const idsOf = (pairs: Pairs) => Int32Array.from(pairs, ([id]) => id);
const scoresOf = (pairs: Pairs) => Float64Array.from(pairs, ([, score]) => score);
const sorted = (pairs: Pairs, k: number) =>
  [...pairs].sort(([idA, a], [idB, b]) => b - a || idA - idB).slice(0, k);

describe('the k highest', () => {
  test('as positions equal sorting by score, then by id', () => {
    fc.assert(
      fc.property(samples, fc.nat(), (pairs, draw) => {
        const k = 1 + (draw % pairs.length);
        const picked = topK(scoresOf(pairs), idsOf(pairs), k);
        assert.deepEqual(
          Array.from(picked, (position) => pairs[position]),
          sorted(pairs, k),
        );
      }),
    );
  });

  test('of parts are those of the whole, and so are those of what parts kept', () => {
    const cuts = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(samples, fc.integer({ min: 1, max: 70 }), cuts, (pairs, k, sizes) => {
        const whole = new TopK(k);
        const merged = new TopK(k);
        let start = 0;
        for (const size of [...sizes, pairs.length]) {
          const part = pairs.slice(start, start + size);
          start += size;
          whole.offer(scoresOf(part), idsOf(part));
          const kept = new TopK(k);
          kept.offer(scoresOf(part), idsOf(part));
          const { scores, ids } = kept.result();
          merged.offer(scores, ids);
        }
        const expected = sorted(pairs, k);
        assert.deepEqual(whole.result(), { ids: idsOf(expected), scores: scoresOf(expected) });
        assert.deepEqual(merged.result(), whole.result());
      }),
    );
  });
});
