import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { namedRandom } from '@alarena/core';
import { logistic } from '../algorithms/logistic.js';
import { type Batch, BatchLoss, initialWeights, logitsOf } from './binary-head.js';
import { columnMoments } from './column-moments.js';

const [SIZE, WIDTH] = [9, 5];
const random = namedRandom(1, 'binary head');
const data = Float32Array.from({ length: SIZE * WIDTH }, () => 3 * random.normal() + 1);
const targets = Uint8Array.from({ length: SIZE }, (_, row) => Number(row % 3 === 0));
const weights = initialWeights(WIDTH, random).map((weight) => weight + random.normal() / 4);
const batch: Batch = {
  ...{ data, targets, dropout: 0.25, classWeights: [0.75, 1.5] },
  // In another order than that of the data, and not all of it.
  rows: Int32Array.of(7, 0, 3, 4, 8, 1, 6),
  keep: Uint8Array.from({ length: SIZE * WIDTH }, () => Number(random.uniform() >= 0.25)),
};
const all = Int32Array.from({ length: SIZE }, (_, row) => row);

describe('the loss of a head', () => {
  test('has the gradient that finite differences give', () => {
    const loss = new BatchLoss(WIDTH, SIZE);
    const gradient = new Float64Array(weights.length);
    loss.of(weights, batch, gradient);
    const step = 1e-6;
    weights.forEach((_, at) => {
      const lossAt = (change: number): number => {
        const changed = weights.slice();
        changed[at]! += change;
        return loss.of(changed, batch, new Float64Array(weights.length));
      };
      const slope = (lossAt(step) - lossAt(-step)) / (2 * step);
      assert.ok(Math.abs(slope - gradient[at]!) < 1e-8, `weight ${at}: ${gradient[at]}, not ${slope}`);
    });
  });

  test('is the mean of -ln P(class), each counted as its class is', () => {
    const { keep: _, ...kept } = batch;
    const given = { ...kept, rows: all, dropout: 0 };
    const logits = logitsOf(weights, columnMoments(data, WIDTH, all), data, all);
    const expected = logits.reduce((sum, logit, row) => {
      const p = targets[row] === 1 ? logistic(logit) : logistic(-logit);
      return sum - (given.classWeights[targets[row] as 0 | 1] * Math.log(p)) / SIZE;
    }, 0);
    const loss = new BatchLoss(WIDTH, SIZE).of(weights, given, new Float64Array(weights.length));
    assert.ok(Math.abs(loss - expected) < 1e-12);
  });
});

describe('the logits of a head', () => {
  const moments = columnMoments(data, WIDTH, all);

  test('are batch norm, ReLU and a linear layer, by definition', () => {
    logitsOf(weights, moments, data, all).forEach((logit, row) => {
      let expected = weights[3 * WIDTH]!;
      for (let j = 0; j < WIDTH; j++) {
        const column = Array.from(all, (other) => data[other * WIDTH + j]!);
        const mean = column.reduce((a, b) => a + b) / SIZE;
        const variance = column.reduce((sum, x) => sum + (x - mean) ** 2, 0) / SIZE;
        const normalised = (data[row * WIDTH + j]! - mean) / Math.sqrt(variance + 1e-5);
        expected += weights[2 * WIDTH + j]! * Math.max(0, weights[j]! * normalised + weights[WIDTH + j]!);
      }
      assert.ok(Math.abs(logit - expected) < 1e-12);
    });
  });

  test('are the same bits wherever a row stands', () => {
    const whole = logitsOf(weights, moments, data, all);
    for (let from = 0; from < SIZE; from++) {
      assert.deepEqual(logitsOf(weights, moments, data, all.subarray(from)), whole.subarray(from));
    }
  });

  test('are finite where a column does not vary, and for the largest activations there are', () => {
    const odd = Float32Array.of(1, 0, 1, 0, 1, 3.4e38);
    const head = initialWeights(2, random);
    const flat = columnMoments(odd, 2, Int32Array.of(0, 1));
    assert.ok(logitsOf(head, flat, odd, Int32Array.of(0, 1, 2)).every(Number.isFinite));
  });
});
