import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namedRandom } from '@alarena/core';
import { syntheticPool } from '../property-suite.js';
import { expectedEntropy, inFours } from './expected-entropy.js';
import { PassTables } from './pass-tables.js';

test('equals the formula, for any number of mixtures and classes', () => {
  for (let seed = 1; seed <= 8; seed++) {
    const random = namedRandom('mixtures', seed);
    const monteCarlo = syntheticPool(3, seed, 0, 50 + seed).signals.monteCarlo!;
    const [passes = 0, samples = 0, classes = 0] = monteCarlo.shape;
    const weights = new Float64Array(inFours(seed)).map((_, m) => (m < seed ? random.uniform() : 0));
    const mixtures = Float64Array.from({ length: weights.length * passes }, () => random.uniform() / passes);
    const prediction = (m: number, c: number) => {
      let sum = 0;
      for (let t = 0; t < passes; t++) {
        sum += mixtures[m * passes + t]! * monteCarlo.data[(t * samples + 1) * classes + c]!;
      }
      return sum;
    };
    let expected = 0;
    for (let m = 0; m < seed; m++) {
      for (let c = 0; c < classes; c++) {
        const p = prediction(m, c);
        if (p > 0) expected -= weights[m]! * p * Math.log(p);
      }
    }
    const found = expectedEntropy(weights, mixtures, new PassTables(monteCarlo).of(1));
    assert.ok(Math.abs(found - expected) < 1e-12 * (1 + expected), `${found} instead of ${expected}`);
  }
});
