import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Adam } from './adam.js';

test('Adam takes the steps of its algorithm, written out', () => {
  const [rate, slopes] = [0.1, [3, -1, 0.5]];
  const adam = new Adam(2, rate);
  const weights = Float64Array.of(1, 1);
  let [expected, m, v] = [1, 0, 0];
  slopes.forEach((slope, at) => {
    adam.step(weights, Float64Array.of(slope, 0));
    m = 0.9 * m + 0.1 * slope;
    v = 0.999 * v + 0.001 * slope ** 2;
    expected -= (rate * (m / (1 - 0.9 ** (at + 1)))) / (Math.sqrt(v / (1 - 0.999 ** (at + 1))) + 1e-8);
    assert.ok(Math.abs(weights[0]! - expected) < 1e-12);
    assert.equal(weights[1], 1, 'what has no slope stays');
  });
});
