import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { namedRandom, ndarray } from '@alarena/core';
import { scoreMeans } from './monte-carlo.js';

describe('the mean over passes', () => {
  for (const [passes, samples, classes] of [
    [1, 3, 2],
    [4, 1000, 7],
    [5, 700, 3],
    [3, 2, 5000],
  ] as const) {
    test(`of ${passes} x ${samples} x ${classes} goes by in blocks, each sample once and in order`, () => {
      const random = namedRandom('means', passes);
      const data = Float32Array.from({ length: passes * samples * classes }, () => random.uniform());
      const array = ndarray('float32', [passes, samples, classes], data);
      const lastClass = (values: ArrayLike<number>) =>
        Float64Array.from({ length: values.length / classes }, (_, row) => values[(row + 1) * classes - 1]!);
      const ofPasses = lastClass(data);
      const means = scoreMeans(array, lastClass);
      assert.equal(means.length, samples);
      means.forEach((value, row) => {
        let sum = 0;
        for (let pass = 0; pass < passes; pass++) sum += ofPasses[pass * samples + row]!;
        assert.ok(Math.abs(value - sum / passes) < 1e-15);
      });
    });
  }
});
