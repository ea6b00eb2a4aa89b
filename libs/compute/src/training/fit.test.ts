// Real training of a small model on synthetic data.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { AppError } from '@alarena/core';
import { expectAppError } from '@alarena/testkit';
import type { Batch, Model } from '../model.js';
import { measure } from './evaluate.js';
import { type FitHooks, type FitOptions, type FitOutcome, type FitState, fit } from './fit.js';
import { digestOfWeights, openSmallModel, options, samples } from './training.fixture.js';

const model: Model = openSmallModel();
after(() => model.dispose());

const training = samples(40, 'training');
/** Few and partly wrong: macro F1 goes up and down. */
const validation = samples(24, 'validation', 0.3);

interface Fitting extends Partial<FitOptions> {
  readonly seed?: number;
  readonly data?: { readonly training: Batch; readonly validation: Batch | null };
}

function fitting({ seed = 1, data, ...overrides }: Fitting = {}, hooks?: FitHooks): Promise<FitOutcome> {
  return fit(model, data ?? { training, validation }, { ...options, ...overrides }, seed, hooks);
}

describe('a fit', () => {
  test('learns, and tells of every epoch as it ends', async () => {
    const told: unknown[] = [];
    const { history } = await fitting(
      { epochs: 12, data: { training: samples(90, 'more'), validation: samples(60, 'clean') } },
      { onEpoch: (record) => told.push(record) },
    );
    assert.deepEqual(told, history);
    assert.deepEqual(
      history.map(({ epoch, steps }) => [epoch, steps]),
      Array.from({ length: 12 }, (_, i) => [i + 1, (i + 1) * 6]),
    );
    assert.ok(history[11]!.trainingLoss < history[0]!.trainingLoss / 2);
    assert.ok(measure(model, samples(200, 'unseen')).accuracy > 0.9);
  });

  test('keeps the weights of the epoch with the best validation macro F1, the first of equals', async () => {
    let inner: string[] = [];
    const collect = { onEpoch: () => inner.push(digestOfWeights(model)) };
    let restored = 0;
    for (const seed of [1, 2, 3]) {
      inner = [];
      const { history, bestEpoch } = await fitting({ seed, epochs: 8 }, collect);
      const scores = history.map((record) => record.validation!.macroF1);
      assert.equal(bestEpoch, scores.indexOf(Math.max(...scores)) + 1);
      assert.equal(digestOfWeights(model), inner[bestEpoch - 1]);
      assert.deepEqual(measure(model, validation), history[bestEpoch - 1]!.validation);
      if (bestEpoch < history.length) restored++;
    }
    assert.ok(restored > 0, 'no fit went past its best epoch: the test shows nothing');
  });

  for (const patience of [1, 3]) {
    test(`ends after ${patience} epochs without a better one`, async () => {
      const { history, bestEpoch } = await fitting({ epochs: 40, patience });
      assert.equal(history.length, bestEpoch + patience);
      const whole = await fitting({ epochs: history.length });
      assert.deepEqual(history, whole.history);
      const scores = history.map((record) => record.validation!.macroF1);
      let best = 0;
      for (let epoch = 1; epoch < scores.length; epoch++) {
        if (scores[epoch]! > scores[best]!) best = epoch;
        if (epoch < scores.length - 1) assert.ok(epoch - best < patience, `went on after epoch ${epoch + 1}`);
      }
    });
  }

  test('without validation samples runs all epochs and keeps the last weights', async () => {
    const ends: string[] = [];
    const { history, bestEpoch } = await fitting(
      { patience: 1, data: { training, validation: null } },
      { onEpoch: () => ends.push(digestOfWeights(model)) },
    );
    assert.equal(history.length, options.epochs);
    assert.equal(bestEpoch, options.epochs);
    assert.ok(history.every((record) => record.validation === null));
    assert.equal(digestOfWeights(model), ends.at(-1));
  });

  test('depends on its seed and on nothing that ran before', async () => {
    const outcomes = [];
    for (const seed of [7, 8, 7]) outcomes.push([await fitting({ seed }), digestOfWeights(model)]);
    assert.deepEqual(outcomes[2], outcomes[0]);
    assert.notDeepEqual(outcomes[1], outcomes[0]);
    const other = openSmallModel();
    const again = await fit(other, { training, validation }, options, 7);
    assert.deepEqual([again, digestOfWeights(other)], outcomes[0]);
    other.dispose();
  });

  test('does not depend on what is validated, but for which weights stay', async () => {
    const losses = async (of: Batch | null): Promise<number[]> =>
      (await fitting({ data: { training, validation: of } })).history.map((record) => record.trainingLoss);
    assert.deepEqual(await losses(null), await losses(validation));
  });

  test('goes on from any checkpoint to the same end', async () => {
    // Early stopping within the run, and checkpoints within and at the ends of epochs.
    const hooksFrom = (from: FitState | undefined, states: FitState[] = []): FitHooks => ({
      checkpoints: { from, due: () => true, save: async (state) => void states.push(state) },
    });
    const states: FitState[] = [];
    const whole = await fitting({ epochs: 8, patience: 3 }, hooksFrom(undefined, states));
    const end = digestOfWeights(model);
    assert.deepEqual(
      states.map(({ steps }) => steps),
      Array.from({ length: whole.history.at(-1)!.steps }, (_, i) => i + 1),
    );
    for (const state of states) {
      const other = openSmallModel();
      const told: number[] = [];
      const outcome = await fit(other, { training, validation }, { ...options, epochs: 8, patience: 3 }, 1, {
        ...hooksFrom(state),
        onEpoch: ({ epoch }) => told.push(epoch),
      });
      assert.deepEqual(outcome, whole, `from step ${state.steps}`);
      assert.equal(digestOfWeights(other), end, `from step ${state.steps}`);
      assert.equal(told[0], state.history.length + 1);
      other.dispose();
    }
  });

  test('that diverges says so, with the learning rate', async () => {
    const error = await expectAppError('failed-precondition', fitting({ learningRate: 1e12 }));
    assert.equal(error.reason, 'TRAINING_DIVERGED');
    assert.deepEqual(error.facts, { epoch: 1, learningRate: 1e12 });
    assert.equal(error.retryable, false);
  });

  test('whose last step diverges does not pass for a good one', async () => {
    const oneStep = { learningRate: 1e12, epochs: 1, minStepsPerEpoch: 1, batchSize: 64 };
    const error = await expectAppError('failed-precondition', fitting(oneStep));
    assert.equal(error.reason, 'TRAINING_DIVERGED');
    // Here the weights are finite numbers yet: what they give is not.
    await fitting({ ...oneStep, data: { training, validation: null } });
    await expectAppError('failed-precondition', () => measure(model, training));
  });

  test('whose weights are no numbers fails even when its loss is one', async () => {
    const error = await expectAppError('failed-precondition', fitting({ learningRate: 1e30 }));
    assert.equal(error.reason, 'TRAINING_DIVERGED');
  });

  test('stops between epochs on abort', async () => {
    const controller = new AbortController();
    const reason = new AppError('cancelled', 'enough');
    const epochs: number[] = [];
    const outcome = fitting(
      { epochs: 50 },
      {
        signal: controller.signal,
        onEpoch: ({ epoch }) => {
          epochs.push(epoch);
          // As a message from the parent process would, between epochs.
          if (epoch === 2) setImmediate(() => controller.abort(reason));
        },
      },
    );
    assert.equal(await expectAppError('cancelled', outcome), reason);
    assert.deepEqual(epochs.slice(0, 2), [1, 2]);
    assert.ok(epochs.length <= 3);
    await assert.rejects(fitting({}, { signal: AbortSignal.abort(reason) }), reason);
  });

  test('refuses an empty labelled set', async () => {
    const nothing = { images: new Uint8Array(0), labels: new Int32Array(0) };
    const error = await expectAppError(
      'invalid-argument',
      fitting({ data: { training: nothing, validation } }),
    );
    assert.match(error.message, /at least one labelled sample/);
  });
});
