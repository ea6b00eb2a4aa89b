import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { namedRandom, type Random, shuffle } from './random.js';

const draws = (random: Random, count = 8): number[] => Array.from({ length: count }, () => random.uint32());

describe('namedRandom', () => {
  test('gives the same stream for the same name, another for any other', () => {
    const names: (string | number)[][] = [
      [1],
      ['1'],
      [1, 2],
      [12],
      [2, 1],
      [1, 'pick'],
      [1, 'pick', 'a'],
      [],
    ];
    const streams = names.map((name) => draws(namedRandom(...name)).join());
    assert.equal(new Set(streams).size, names.length);
    assert.deepEqual(
      names.map((name) => draws(namedRandom(...name)).join()),
      streams,
    );
  });

  test('keeps its stream: stored results rest on it', () => {
    assert.deepEqual(
      draws(namedRandom(1, 0, 'pick', 'random'), 4),
      [4256648415, 1048849130, 1376295265, 2914483489],
    );
  });

  test('uniform is in [0, 1) with mean 1/2 and variance 1/12', () => {
    const random = namedRandom('uniform');
    const values = Array.from({ length: 20_000 }, () => random.uniform());
    assert.ok(values.every((value) => value >= 0 && value < 1));
    const [mean, variance] = moments(values);
    // Five standard errors.
    assert.ok(Math.abs(mean - 0.5) < 0.0103 && Math.abs(variance - 1 / 12) < 0.0027, `${mean}, ${variance}`);
  });

  test('normal has mean 0 and variance 1', () => {
    const random = namedRandom('normal');
    const [mean, variance] = moments(Array.from({ length: 20_000 }, () => random.normal()));
    assert.ok(Math.abs(mean) < 0.036 && Math.abs(variance - 1) < 0.05, `${mean}, ${variance}`);
  });

  test('below stays under its bound and reaches every value', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.string(), (bound, name) => {
        const random = namedRandom(name);
        const seen = new Set(Array.from({ length: 60 * bound }, () => random.below(bound)));
        assert.deepEqual(
          [...seen].sort((a, b) => a - b),
          [...Array(bound).keys()],
        );
      }),
    );
    assert.ok(namedRandom('x').below(2 ** 32) < 2 ** 32);
  });

  test('below refuses what is no bound', () => {
    for (const bound of [0, -1, 1.5, Number.NaN, 2 ** 32 + 1]) {
      assert.throws(() => namedRandom('x').below(bound), RangeError);
    }
  });
});

describe('shuffle', () => {
  test('permutes in place, the same way for the same name', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.nat(), (values, seed) => {
        const once = shuffle([...values], namedRandom(seed));
        assert.deepEqual(shuffle([...values], namedRandom(seed)), once);
        assert.deepEqual(once.toSorted(), values.toSorted());
      }),
    );
    const array = Int32Array.of(1, 2, 3);
    assert.equal(shuffle(array, namedRandom(1)), array);
  });

  test('gives every order equally often', () => {
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 6000; seed++) {
      const order = shuffle([1, 2, 3], namedRandom('orders', seed)).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    assert.equal(counts.size, 6);
    // 1000 expected; five standard deviations are 144.
    for (const [order, count] of counts) assert.ok(Math.abs(count - 1000) < 144, `${order}: ${count}`);
  });
});

function moments(values: number[]): [mean: number, variance: number] {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return [mean, values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length];
}
