import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BoundHeap } from './bound-heap.js';

test('lazy search finds the highest gains that only fall, ties by lower id', () => {
  const gain = fc.integer({ min: 0, max: 5 });
  const samples = fc.uniqueArray(fc.tuple(fc.nat(100), gain, gain), {
    selector: ([id]) => id,
    minLength: 2,
    maxLength: 20,
  });
  fc.assert(
    fc.property(samples, (rows) => {
      const heap = new BoundHeap(Int32Array.from(rows, ([id]) => id));
      const best = (gainOf: (position: number) => number) => {
        for (;;) {
          const { position, bound, steps } = heap.top();
          if (steps === 0) heap.lowerTop(gainOf(position));
          else {
            heap.removeTop();
            assert.equal(bound, gainOf(position));
            return position;
          }
        }
      };
      const first = best((position) => rows[position]![1]);
      heap.outdate();
      const later = (position: number) => Math.min(rows[position]![1], rows[position]![2]);
      const second = best(later);
      const expected = (gainOf: (position: number) => number, without: number) =>
        rows
          .map((_, position) => position)
          .filter((position) => position !== without)
          .sort((a, b) => gainOf(b) - gainOf(a) || rows[a]![0] - rows[b]![0])[0];
      assert.equal(
        first,
        expected((position) => rows[position]![1], -1),
      );
      assert.equal(second, expected(later, first));
    }),
  );
});

test('what is put back is found again after the next outdate', () => {
  const heap = new BoundHeap(Int32Array.of(7, 8, 9));
  const gains = [3, 2, 1];
  const taken = gains.map(() => {
    while (heap.top().steps === 0) heap.lowerTop(gains[heap.top().position]!);
    const { position } = heap.top();
    heap.removeTop();
    return position;
  });
  assert.deepEqual(taken, [0, 1, 2]);
  heap.putBack(2, 5);
  heap.putBack(0, 4);
  assert.equal(heap.size, 0);
  heap.outdate();
  assert.equal(heap.size, 2);
  assert.deepEqual(heap.top(), { position: 2, bound: 5, steps: 0 });
});
