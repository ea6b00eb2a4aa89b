// What an open model answers, on bayesian-cnn with 4 classes and on the smallest ResNet.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AppError, namedRandom, ndarray } from '@alarena/core';
import { loadTensorflow } from '../tensorflow/binding.js';
import { cnnReference } from './cnn-reference.fixture.js';
import { openModel } from './compiled-model.js';
import {
  adam,
  assertClose,
  digestOf,
  drawMasks,
  open,
  opened,
  resnet18,
  trainBriefly,
} from './opened.fixture.js';
import { bars, cnn } from './testing.fixture.js';

describe('Monte-Carlo passes', () => {
  test('of bayesian-cnn equal the network run pass by pass with its masks', () => {
    const model = open(cnn);
    const passes = 3;
    // One pass drops a whole layer.
    const { images } = bars(7, cnn);
    const masks = drawMasks(model, passes);
    masks[1]!.fill(0, 64, 128);
    const actual = model.predictMonteCarlo(images, masks);
    assertClose(actual, cnnReference(model, images, masks, passes), 1e-5);
  });

  test('of resnet18 with masks of ones equal prediction, and differ between masks', () => {
    const model = open(resnet18, { name: 'sgd', momentum: 0.9, weightDecay: 0 });
    const { images } = bars(6, resnet18);
    const masks = model.maskLayers.map(({ units }) => {
      const mask = new Float32Array(2 * units).fill(1);
      mask.fill(0, units, units + units / 2);
      return mask;
    });
    const both = model.predictMonteCarlo(images, masks);
    const { probabilities } = model.predict(images, { probabilities: true, layers: [] });
    assertClose(both.subarray(0, 24), probabilities!, 1e-5);
    assert.ok(both.subarray(24).some((value, i) => Math.abs(value - both[i]!) > 1e-3));
  });

  test('do not depend on which samples come together', () => {
    const model = open(cnn);
    const { images } = bars(600, cnn);
    const masks = drawMasks(model, 2);
    const all = model.predictMonteCarlo(images, masks);
    const some = model.predictMonteCarlo(images.slice(590 * 784), masks);
    assertClose(some.subarray(0, 40), all.subarray(590 * 4, 600 * 4), 1e-6);
    assertClose(some.subarray(40), all.subarray(1190 * 4), 1e-6);
  });

  test('are refused without dropout and with masks that do not fit', () => {
    const { images } = bars(2, cnn);
    const without = open({ ...cnn, dropout: false });
    assert.deepEqual(without.maskLayers, []);
    assert.throws(() => without.predictMonteCarlo(images, []), /without dropout/);
    const model = open(cnn);
    const masks = drawMasks(model, 2);
    assert.throws(() => model.predictMonteCarlo(images, masks.slice(1)), /conv1: T x 32, conv2: T x 64/);
    assert.throws(
      () => model.predictMonteCarlo(images, [masks[0]!, masks[1]!, masks[2]!.subarray(1)]),
      /must be conv1/,
    );
  });
});

describe('prediction', () => {
  test('gives probabilities and layers of the stated widths, with dropout off', () => {
    const model = open(cnn);
    assert.deepEqual(
      [...model.layerWidths],
      [
        ['z', 1024],
        ['a0', 1024],
        ['a1', 128],
        ['h', 128],
        ['a2', 4],
      ],
    );
    const { images, labels } = bars(5, cnn);
    const { probabilities, layers } = model.predict(images, { probabilities: true, layers: ['a2', 'z'] });
    assert.deepEqual([...layers.keys()], ['a2', 'z']);
    assert.equal(layers.get('z')!.length, 5 * 1024);
    const logits = layers.get('a2')!;
    let loss = 0;
    for (let i = 0; i < 5; i++) {
      const row = [...logits.subarray(4 * i, 4 * i + 4)].map(Math.exp);
      const total = row.reduce((a, b) => a + b);
      assertClose(
        probabilities!.subarray(4 * i, 4 * i + 4),
        Float32Array.from(row, (e) => e / total),
        1e-6,
      );
      loss -= Math.log(row[labels[i]!]! / total) / 5;
    }
    const evaluated = model.evaluate({ images, labels });
    assert.ok(Math.abs(evaluated.loss - loss) < 1e-6);
    assert.deepEqual(model.predict(images, { probabilities: false, layers: [] }).layers.size, 0);
  });

  for (const [what, spec, width] of [
    ['bayesian-cnn', cnn, 128],
    ['bayesian-cnn without dropout', { ...cnn, dropout: false }, 128],
    ['resnet18', resnet18, 512],
    ['resnet18 without dropout', { ...resnet18, dropout: false }, 512],
  ] as const) {
    test(`of ${what}: the last linear layer makes logits of h`, () => {
      const model = open(spec);
      const { images } = bars(5, spec);
      trainBriefly(model, 1);
      const { layers } = model.predict(images, { probabilities: false, layers: ['z', 'h', 'a2'] });
      const [h, logits] = [layers.get('h')!, layers.get('a2')!];
      const { shape, data } = model.classifier();
      assert.deepEqual(shape, [4, width + 1]);
      assert.equal(h.length, 5 * width);
      const linear = Float32Array.from({ length: 20 }, (_, at) => {
        const [i, c] = [Math.floor(at / 4), at % 4];
        let sum = data[c * (width + 1) + width]!;
        for (let j = 0; j < width; j++) sum += data[c * (width + 1) + j]! * h[i * width + j]!;
        return sum;
      });
      assertClose(logits, linear, 1e-4);
      if (what === 'resnet18 without dropout') assert.deepEqual(h, layers.get('z'));
      else assert.ok(h.every((value) => value >= 0) && h.some((value) => value > 0));
    });
  }

  test('ties go to the lower class', () => {
    const model = open(cnn);
    const zero = new Map(
      [...model.getWeights()].map(([name, { shape, data }]) => [
        name,
        ndarray('float32', shape, new Float32Array(data.length)),
      ]),
    );
    model.setWeights(zero);
    assert.deepEqual([...model.evaluate(bars(3, cnn)).predicted], [0, 0, 0]);
  });

  test('of a ResNet without the dropout head has no a0 and a1 and says so', () => {
    const model = open({ ...resnet18, dropout: false }, { name: 'sgd', momentum: 0.9, weightDecay: 0 });
    assert.deepEqual(
      [...model.layerWidths],
      [
        ['z', 512],
        ['h', 512],
        ['a2', 4],
      ],
    );
    const { images } = bars(1, resnet18);
    assert.throws(
      () => model.predict(images, { probabilities: true, layers: ['a1'] }),
      /layers: must be of z, h, a2, got a1/,
    );
  });
});

describe('weights', () => {
  test('survive a round trip through another model, with optimiser state reset', () => {
    const model = open(cnn);
    trainBriefly(model, 3);
    const weights = model.getWeights();
    const copy = openModel(cnn, adam);
    opened.push(copy);
    assert.throws(() => copy.getWeights(), /call initialise or setWeights/);
    copy.setWeights(weights);
    assert.equal(digestOf(copy), digestOf(model));
    model.setWeights(weights);
    assert.deepEqual(trainBriefly(model, 3, 4), trainBriefly(copy, 3, 4));
    assert.equal(digestOf(copy), digestOf(model));
    // Training must not write into arrays handed out or in.
    assert.notEqual(digestOf(copy), digestOf(open(cnn)));
    copy.setWeights(weights);
    model.setWeights(weights);
    assert.equal(digestOf(copy), digestOf(model));
  });

  test('that are missing, misshapen or unknown are named', () => {
    const model = open(cnn);
    const weights = new Map(model.getWeights());
    weights.delete('conv1/bias');
    weights.set('fc2/bias', ndarray('float32', [5], new Float32Array(5)));
    weights.set('fc3/bias', ndarray('float32', [1], new Float32Array(1)));
    assert.throws(
      () => model.setWeights(weights),
      (error) =>
        error instanceof AppError &&
        error.code === 'invalid-argument' &&
        error.violations.map(({ field }) => field).join() === 'conv1/bias,fc2/bias,fc3/bias',
    );
  });

  test('start as the generator says, within the bounds of their rule', () => {
    const model = open(cnn);
    const other = openModel(cnn, adam);
    opened.push(other);
    other.initialise(namedRandom('other weights'));
    assert.notEqual(digestOf(other), digestOf(model));
    const weight = model.getWeights().get('conv2/weight')!;
    assert.deepEqual(weight.shape, [5, 5, 32, 64]);
    const largest = weight.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const bound = 1 / Math.sqrt(5 * 5 * 32);
    assert.ok(largest <= bound && largest > 0.99 * bound, `${largest}`);
  });
});

describe('what is handed to a model', () => {
  test('is checked before it reaches TensorFlow, which keeps no tensor of it', () => {
    const model = open(cnn);
    const { binding } = loadTensorflow();
    const before = binding.getNumOfTensors();
    const step = { learningRate: 1e-3, dropoutSeed: [0, 0] } as const;
    const { images, labels } = bars(2, cnn);
    assert.throws(
      () => model.trainStep({ images: images.subarray(1), labels }, step),
      /samples of 784 bytes/,
    );
    assert.throws(
      () => model.trainStep({ images, labels: labels.subarray(1) }, step),
      /one for each of the 2/,
    );
    assert.throws(() => model.evaluate({ images, labels: Int32Array.of(0, 4) }), /below 4, got 4/);
    assert.throws(
      () => model.predict(new Uint8Array(0), { probabilities: true, layers: [] }),
      /at least one/,
    );
    model.trainStep({ images, labels }, step);
    model.evaluate({ images, labels });
    assert.equal(binding.getNumOfTensors(), before);
  });

  test('cannot be built from a specification with mistakes, all of which are named', () => {
    const wrong = { ...cnn, classes: 1, dropout: 1, normalisation: { mean: [0], std: [0] } };
    assert.throws(
      () => openModel(wrong, { name: 'sgd', momentum: 1, weightDecay: 0 }),
      (error) =>
        error instanceof AppError &&
        error.violations.map(({ field }) => field).join() ===
          'classes,dropout,normalisation.std,optimizer.momentum',
    );
    assert.throws(() => openModel({ ...cnn, sampleShape: [12, 28, 1] }, adam), /at least 16 x 16/);
  });
});

test('a disposed model frees its session', () => {
  const { binding } = loadTensorflow();
  const before = binding.getNumOfSavedModels();
  const model = openModel(cnn, adam);
  model.initialise(namedRandom('weights'));
  assert.equal(binding.getNumOfSavedModels(), before + 1);
  model.dispose();
  assert.equal(binding.getNumOfSavedModels(), before);
  assert.throws(() => model.getWeights(), /disposed/);
});
