import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { handPool, rows, select, strategySuite } from './property-suite.js';
import { random } from './random.js';

strategySuite(random, { draws: true });

describe('random', () => {
  const pool = handPool({ z: rows([0], [0], [0], [0], [0]) });

  test('a larger k continues the picks of a smaller one', () => {
    const all = select(random, pool, 5).ids;
    for (let k = 1; k < 5; k++) assert.deepEqual(select(random, pool, k).ids, all.slice(0, k));
  });

  test('every pair comes up about equally often', () => {
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 4000; seed++) {
      const pair = [...select(random, pool, 2, undefined, seed).ids].sort((a, b) => a - b).join();
      counts.set(pair, (counts.get(pair) ?? 0) + 1);
    }
    assert.equal(counts.size, 10);
    // 400 expected; five standard deviations are 95.
    for (const [pair, count] of counts) assert.ok(Math.abs(count - 400) < 95, `${pair}: ${count}`);
  });
});
