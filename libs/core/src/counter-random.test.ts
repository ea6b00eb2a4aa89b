import assert from 'node:assert/strict';
import { test } from 'node:test';
import { counterRandom, philox } from './counter-random.js';
import { namedRandom } from './random.js';

// Known answers of the authors' Random123 distribution (kat_vectors, philox4x32 10).
const known = [
  { counter: [0, 0, 0, 0], key: [0, 0], out: '6627e8d5 e169c58d bc57ac4c 9b00dbd8' },
  {
    counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    key: [0xffffffff, 0xffffffff],
    out: '408f276d 41c83b0e a20bc7c6 6d5451fd',
  },
  {
    counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    key: [0xa4093822, 0x299f31d0],
    out: 'd16cfe09 94fdcceb 5001e420 24126ea1',
  },
] as const;

test('gives the known answers of its authors', () => {
  for (const { counter, key, out } of known) {
    const block = new Uint32Array(4);
    philox(counter, key, block);
    assert.equal([...block].map((word) => word.toString(16).padStart(8, '0')).join(' '), out);
  }
});

test('depends on the generator it was made from, the id and the draw, and on no order', () => {
  const a = counterRandom(namedRandom('a'));
  const first = [a.uniform(1), a.uniform(2), a.uniform(1, 1)];
  assert.equal(new Set(first).size, 3);
  const again = counterRandom(namedRandom('a'));
  assert.deepEqual([again.uniform(1, 1), again.uniform(2), again.uniform(1)], first.reverse());
  assert.notEqual(counterRandom(namedRandom('b')).uniform(1), first[2]);
});

test('is uniform between 0 and 1', () => {
  const random = counterRandom(namedRandom('uniform'));
  const count = 100_000;
  const bins = new Float64Array(20);
  for (let id = 0; id < count; id++) {
    const u = random.uniform(id);
    assert.ok(u > 0 && u < 1);
    bins[Math.floor(u * 20)]!++;
  }
  const expected = count / 20;
  const chiSquared = bins.reduce((sum, found) => sum + (found - expected) ** 2 / expected, 0);
  // The 0.9999 quantile at 19 degrees of freedom.
  assert.ok(chiSquared < 50.8, `chi squared ${chiSquared}`);
});
