// Measuring and inferring in pieces: nothing may depend on where a piece ends, or on what is asked for beside.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { macroF1, namedRandom } from '@alarena/core';
import { expectAppError } from '@alarena/testkit';
import fc from 'fast-check';
import type { Batch, Layer, Model } from '../model.js';
import { inferenceBatch, measure } from './evaluate.js';
import { inferSignals, monteCarloMasks } from './signals.js';
import { openSmallModel, samples, spec } from './training.fixture.js';

const model: Model = openSmallModel();
model.initialise(namedRandom('signals'));
after(() => model.dispose());

/** Three pieces, the last one short. */
const many = samples(2 * inferenceBatch + 77, 'many');
const total = many.labels.length;
const pixels = 256;

function slice({ images, labels }: Batch, start: number, end: number): Batch {
  return { images: images.subarray(start * pixels, end * pixels), labels: labels.subarray(start, end) };
}

function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-6): void {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < actual.length; i++) {
    assert.ok(
      Math.abs(actual[i]! - expected[i]!) <= tolerance,
      `${i}: ${actual[i]}, expected ${expected[i]}`,
    );
  }
}

describe('measuring', () => {
  test('in pieces equals measuring the whole', () => {
    const { loss, predicted } = model.evaluate(many);
    const metrics = measure(model, many);
    assertClose([metrics.loss], [loss]);
    assert.equal(metrics.macroF1, macroF1(predicted, many.labels, spec.classes));
    const right = predicted.filter((label, i) => label === many.labels[i]).length;
    assert.equal(metrics.accuracy, right / total);
  });

  test('gives the same bits each time', () => {
    assert.deepEqual(measure(model, many), measure(model, many));
  });

  test('refuses an empty set', () => {
    assert.throws(() => measure(model, slice(many, 0, 0)), RangeError);
  });
});

describe('Monte-Carlo masks', () => {
  const layers = [
    { name: 'one', units: 40 },
    { name: 'two', units: 60 },
  ];

  test('hold 0 or 1 / (1 - rate), at the rate asked for', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.05, max: 0.95, noNaN: true }), fc.string(), (rate, key) => {
        const masks = monteCarloMasks(layers, rate, 50, key);
        assert.deepEqual(
          masks.map(({ length }) => length),
          [2000, 3000],
        );
        const kept = Math.fround(1 / (1 - rate));
        const values = masks.flatMap((mask) => [...mask]);
        assert.ok(values.every((value) => value === 0 || value === kept));
        const share = values.filter((value) => value === 0).length / values.length;
        // Five standard deviations of 5,000 draws.
        assert.ok(Math.abs(share - rate) < 5 * Math.sqrt((rate * (1 - rate)) / 5000), `dropped ${share}`);
      }),
      { numRuns: 30 },
    );
  });

  test('of a pass do not depend on how many passes or layers there are', () => {
    const few = monteCarloMasks(layers, 0.5, 3, 'key');
    const more = monteCarloMasks(layers, 0.5, 10, 'key');
    for (const [i, { units }] of layers.entries()) assert.deepEqual(more[i]!.slice(0, 3 * units), few[i]);
    assert.deepEqual(monteCarloMasks(layers.slice(1), 0.5, 3, 'key'), few.slice(1));
  });

  test('differ between fits, passes and layers', () => {
    const [one] = monteCarloMasks([{ name: 'one', units: 64 }], 0.5, 2, 'key');
    assert.notDeepEqual(one!.slice(0, 64), one!.slice(64));
    assert.notDeepEqual(monteCarloMasks([{ name: 'one', units: 64 }], 0.5, 2, 'other')[0], one);
    assert.notDeepEqual(monteCarloMasks([{ name: 'two', units: 64 }], 0.5, 2, 'key')[0], one);
  });
});

describe('signals', () => {
  const everything = {
    probabilities: true,
    layers: ['z', 'a1', 'a2'] as readonly Layer[],
    monteCarloPasses: 3,
  };

  test('have one row a sample, in the samples’ order, wherever a piece ends', () => {
    const { probabilities, monteCarlo, layers } = inferSignals(model, many.images, everything, 'fit');
    assert.equal(probabilities!.length, total * 3);
    assert.equal(monteCarlo!.length, 3 * total * 3);
    assert.deepEqual(
      Array.from(layers, ([name, { length }]) => [name, length]),
      [
        ['z', total * 64],
        ['a1', total * 128],
        ['a2', total * 3],
      ],
    );
    for (const start of [0, inferenceBatch - 1, inferenceBatch, 2 * inferenceBatch - 2, total - 3]) {
      const { images } = slice(many, start, start + 3);
      const alone = inferSignals(model, images, everything, 'fit');
      assertClose(probabilities!.subarray(start * 3, (start + 3) * 3), alone.probabilities!);
      for (const [name, values] of alone.layers) {
        const width = values.length / 3;
        assertClose(layers.get(name)!.subarray(start * width, (start + 3) * width), values, 1e-4);
      }
      for (let t = 0; t < 3; t++) {
        const first = (t * total + start) * 3;
        assertClose(monteCarlo!.subarray(first, first + 9), alone.monteCarlo!.subarray(t * 9, (t + 1) * 9));
      }
    }
  });

  test('are probabilities where they say so', () => {
    const { probabilities, monteCarlo } = inferSignals(model, many.images, everything, 'fit');
    for (const values of [probabilities!, monteCarlo!]) {
      for (let row = 0; row < values.length; row += 3) {
        assertClose([values[row]! + values[row + 1]! + values[row + 2]!], [1]);
      }
    }
  });

  test('are only those asked for, and the same whatever else is', () => {
    const { images } = slice(many, 0, 20);
    const all = inferSignals(model, images, everything, 'fit');
    const nothing = { probabilities: false, layers: [], monteCarloPasses: 0 };
    assert.deepEqual(inferSignals(model, images, nothing, 'fit'), { layers: new Map() });
    const single = inferSignals(model, images, { ...nothing, monteCarloPasses: 3 }, 'fit');
    assert.equal(single.probabilities, undefined);
    assert.deepEqual(single.monteCarlo, all.monteCarlo);
    const layer = inferSignals(model, images, { ...nothing, layers: ['z'] }, 'fit');
    assert.deepEqual(layer.layers, new Map([['z', all.layers.get('z')]]));
    assert.deepEqual(
      inferSignals(model, images, { ...everything, monteCarloPasses: 0 }, 'other').layers,
      all.layers,
    );
  });

  test('of Monte-Carlo passes are named by the fit, the first passes the same for more', () => {
    const { images } = slice(many, 0, 20);
    const passes = (monteCarloPasses: number, fitKey: string): Float32Array =>
      inferSignals(model, images, { probabilities: false, layers: [], monteCarloPasses }, fitKey).monteCarlo!;
    assert.deepEqual(passes(5, 'fit').slice(0, 2 * 60), passes(2, 'fit'));
    assert.notDeepEqual(passes(2, 'other'), passes(2, 'fit'));
  });

  test('of no samples have no rows', () => {
    const { probabilities, monteCarlo, layers } = inferSignals(model, new Uint8Array(0), everything, 'fit');
    assert.deepEqual([probabilities!.length, monteCarlo!.length, layers.get('z')!.length], [0, 0, 0]);
  });

  test('report progress after each piece', () => {
    const done: [number, number][] = [];
    const wanted = { probabilities: true, layers: [], monteCarloPasses: 0 };
    inferSignals(model, many.images, wanted, 'fit', (...step) => done.push(step));
    assert.deepEqual(done, [
      [inferenceBatch, total],
      [2 * inferenceBatch, total],
      [total, total],
    ]);
  });

  test('of passes are refused by a model without dropout', async () => {
    const plain = openSmallModel({ dropout: false });
    plain.initialise(namedRandom('plain'));
    const { images } = slice(many, 0, 4);
    const error = await expectAppError('failed-precondition', () =>
      inferSignals(plain, images, everything, 'fit'),
    );
    assert.equal(error.reason, 'NO_DROPOUT');
    plain.dispose();
  });
});
