// What a training step does, on bayesian-cnn with 4 classes.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { namedRandom } from '@alarena/core';
import { loadTensorflow } from '../tensorflow/binding.js';
import { adam, digestOf, drawMasks, open, trainBriefly } from './opened.fixture.js';
import { bars, cnn } from './testing.fixture.js';

describe('training', () => {
  for (const optimizer of [adam, { name: 'sgd', momentum: 0.9, weightDecay: 5e-4 } as const]) {
    test(`${optimizer.name} learns to tell bars apart`, () => {
      const model = open(cnn, optimizer);
      const batch = bars(64, cnn);
      const start = model.evaluate(batch).loss;
      for (let step = 0; step < 60; step++) {
        const learningRate = optimizer.name === 'adam' ? 1e-3 : 2e-2;
        model.trainStep(batch, { learningRate, dropoutSeed: [1, step] });
      }
      const test = bars(200, cnn, namedRandom('unseen'));
      const { loss, predicted } = model.evaluate(test);
      assert.ok(loss < start / 4, `loss ${start} became ${loss}`);
      const right = predicted.filter((label, i) => label === test.labels[i]).length;
      assert.ok(right > 180, `${right} of 200 right`);
    });
  }

  test('returns the loss before the step', () => {
    const model = open({ ...cnn, dropout: false });
    const batch = bars(8, cnn);
    const before = model.evaluate(batch).loss;
    const returned = model.trainStep(batch, { learningRate: 0, dropoutSeed: [0, 0] });
    assert.ok(Math.abs(before - returned) < 1e-6);
    const weights = digestOf(model);
    model.trainStep(batch, { learningRate: 1e-3, dropoutSeed: [0, 0] });
    assert.notEqual(digestOf(model), weights);
  });

  test('depends on the dropout seed and on nothing that ran before', () => {
    const one = trainBriefly(open(cnn), 3, 1);
    assert.notDeepEqual(trainBriefly(open(cnn), 3, 2), one);
    const model = open(cnn);
    trainBriefly(model, 2, 9);
    model.predictMonteCarlo(bars(4, cnn).images, drawMasks(model, 2));
    model.initialise(namedRandom('weights'));
    assert.deepEqual(trainBriefly(model, 3, 1), one);
  });

  test('gives the same bytes in another process with the same thread count', () => {
    const model = open(cnn);
    const losses = trainBriefly(model, 5);
    const script = fileURLToPath(new URL('./determinism.fixture.js', import.meta.url));
    const printed = execFileSync(process.execPath, [script, String(loadTensorflow().threads)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    assert.deepEqual(JSON.parse(printed), { losses, digest: digestOf(model) });
  });
});
