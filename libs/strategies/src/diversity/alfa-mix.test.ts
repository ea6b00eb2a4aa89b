import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { handPool, invalid, rows, select, strategySuite, syntheticPool } from '../property-suite.js';
import type { PoolView } from '../strategy.js';
import { alfaMix } from './alfa-mix.js';
import { sameWithAnyMatrices } from './any-matrices.js';
import { flipScales } from './flip-scales.js';

strategySuite(alfaMix, { draws: true, leastLabelled: 1 });
sameWithAnyMatrices(alfaMix);

describe('alfa_mix', () => {
  // Two classes told apart by the sign of the first feature, with anchors at (4, 0) and (-4, 0).
  const pool = (labels: readonly number[] = [0, 1]): PoolView => ({
    ...handPool({ h: rows([0.1, 5], [3, 1], [-0.2, 5], [-0.1, -5], [2.5, 0]) }, [0, 10, 20, 30, 40]),
    labelled: {
      ids: Int32Array.of(90, 91),
      signals: { h: rows([4, 0], [-4, 0]) },
      labels: Int32Array.from(labels),
    },
    classifier: rows([1, 0, 0], [-1, 0, 0]),
  });

  test('picks, spread out, among those that flip first', () => {
    // The scale is the first feature over the distance to the farther anchor: 0.016, 0.43, 0.032, 0.016 and 0.38; the
    // first reach over one sample is 0.03125 / √2 = 0.022.
    assert.deepEqual(select(alfaMix, pool(), 1).ids.length, 1);
    const { ids, notes } = select(alfaMix, pool(), 2);
    assert.deepEqual([...ids].sort((a, b) => a - b).includes(30), true, 'alone in its direction');
    assert.ok(ids.every((id) => [0, 20, 30].includes(id)));
    assert.deepEqual(notes, []);
  });

  test('draws the rest where too few flip at all, and says so', () => {
    const stubborn = { ...pool(), classifier: rows([1, 0, 50], [-1, 0, -50]) };
    const { ids, scores, notes } = select(alfaMix, stubborn, 2);
    assert.equal(new Set(ids).size, 2);
    assert.deepEqual(scores, [0, 0]);
    assert.match(notes.join(), /only 0 samples flip at a scale of 1: 2 of 2 drawn uniformly/);
  });

  test('refuses an empty labelled set, and labels the classifier does not know', () => {
    const nothing = { ids: new Int32Array(0), signals: {}, labels: new Int32Array(0) };
    assert.throws(
      () => select(alfaMix, { ...pool(), labelled: nothing }, 1),
      invalid(/labelled: alfa_mix mixes with labelled samples, and none is labelled yet/),
    );
    assert.throws(
      () => select(alfaMix, pool([0, 2]), 1),
      invalid(/labelled\.labels: must be classes from 0 to 1, got 2 for sample 91/),
    );
  });

  test('is refused without the classifier', () => {
    const { classifier: _, ...without } = pool();
    assert.throws(() => select(alfaMix, without, 1), invalid(/classifier: alfa_mix needs it/));
  });
});

test('the scale at which a class flips is where mixing by the closed form flips it', () => {
  for (let seed = 0; seed < 20; seed++) {
    const { signals, classifier } = syntheticPool(12, seed);
    const classes = classifier.shape[0]!;
    const anchors = Float64Array.from(syntheticPool(classes, seed + 100).signals.h!.data);
    const scales = flipScales(signals.h!, classifier, anchors);
    scales.forEach((scale, row) => {
      const h = [...signals.h!.data.subarray(row * 4, row * 4 + 4)];
      const flipsAt = (eps: number) =>
        Array.from({ length: classes }, (_, a) => [...anchors.subarray(a * 4, a * 4 + 4)]).some(
          (anchor) =>
            predictedAfter(h, anchor, classifier.data, classes, eps) !==
            predicted(h, classifier.data, classes),
        );
      if (scale > 1e-9 && Number.isFinite(scale))
        assert.equal(flipsAt(scale * 0.999), false, `${seed} ${row}`);
      if (Number.isFinite(scale)) assert.equal(flipsAt(scale * 1.001 + 1e-9), true, `${seed} ${row}`);
    });
  }
});

function logits(h: readonly number[], weights: Float32Array, classes: number): number[] {
  const stride = h.length + 1;
  return Array.from({ length: classes }, (_, c) =>
    h.reduce((sum, x, at) => sum + x * weights[c * stride + at]!, weights[c * stride + h.length]!),
  );
}

function predicted(h: readonly number[], weights: Float32Array, classes: number): number {
  const scores = logits(h, weights, classes);
  return scores.indexOf(Math.max(...scores));
}

function predictedAfter(
  h: readonly number[],
  anchor: readonly number[],
  weights: Float32Array,
  classes: number,
  eps: number,
): number {
  const scores = logits(h, weights, classes).map(Math.exp);
  const total = scores.reduce((a, b) => a + b, 0);
  const label = predicted(h, weights, classes);
  const gradient = h.map((_, at) =>
    scores.reduce(
      (sum, s, c) => sum + (s / total - Number(c === label)) * weights[c * (h.length + 1) + at]!,
      0,
    ),
  );
  const distance = Math.hypot(...h.map((x, at) => anchor[at]! - x));
  const norm = Math.hypot(...gradient);
  const mixed = h.map((x, at) => {
    const difference = anchor[at]! - x;
    const alpha = difference === 0 || norm === 0 ? 0 : (eps * distance * gradient[at]!) / norm / difference;
    return (1 - alpha) * x + alpha * anchor[at]!;
  });
  return predicted(mixed, weights, classes);
}
