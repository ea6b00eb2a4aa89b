import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AppError } from '@alarena/core';
import { validateSpec } from './validate-spec.js';

const least = {
  name: 'least',
  dataset: 'mnist',
  model: { architecture: 'bayesian-cnn' },
  strategies: ['random'],
};

/** The violations as `field: description` lines. */
function faults(value: unknown): string[] {
  try {
    validateSpec(value);
  } catch (error) {
    assert.ok(error instanceof AppError);
    assert.equal(error.code, 'invalid-argument');
    return error.violations.map((violation) => `${violation.field}: ${violation.description}`);
  }
  return [];
}

function assertFault(value: unknown, field: string, description: RegExp): void {
  const lines = faults(value);
  assert.equal(lines.length, 1, lines.join('\n'));
  assert.ok(lines[0]?.startsWith(`${field}: `), lines[0]);
  assert.match(lines[0] ?? '', description);
}

describe('what a spec leaves out', () => {
  test('takes its default', () => {
    assert.deepEqual(validateSpec(least), {
      name: 'least',
      dataset: 'mnist',
      model: { architecture: 'bayesian-cnn', pretrained: 'none', freezeBackbone: false, dropout: 0.5 },
      training: {
        epochs: 40,
        batchSize: 64,
        optimizer: { name: 'adam' },
        learningRate: 0.001,
        earlyStopping: { patience: 5 },
        minStepsPerEpoch: 20,
        warmStart: false,
        trainOn: 'all',
      },
      protocol: {
        poolSize: 'all',
        initialLabels: 20,
        labelsPerRound: 20,
        rounds: 4,
        validationSize: 500,
        testSize: 'all',
        monteCarloPasses: 10,
      },
      strategies: [{ name: 'random', params: {}, as: 'random' }],
      seeds: [0, 1, 2],
    });
  });

  test('a ResNet drops less, except on MNIST', () => {
    const model = { architecture: 'resnet18' };
    assert.equal(validateSpec({ ...least, model }).model.dropout, 0.5);
    assert.equal(validateSpec({ ...least, model, dataset: 'flowers' }).model.dropout, 0.1);
  });

  test('parameters of strategies are filled in', () => {
    const [entry] = validateSpec({ ...least, strategies: ['ratio'] }).strategies;
    assert.deepEqual(entry?.params, { reference_faults: false });
  });
});

describe('what a spec may say', () => {
  test('seeds by number or by list', () => {
    assert.deepEqual(validateSpec({ ...least, seeds: 2 }).seeds, [0, 1]);
    assert.deepEqual(validateSpec({ ...least, seeds: [7, -3] }).seeds, [7, -3]);
  });

  test('a strategy twice under two names', () => {
    const strategies = ['margin', { name: 'margin', as: 'margin-again' }];
    const names = validateSpec({ ...least, strategies }).strategies.map(({ as }) => as);
    assert.deepEqual(names, ['margin', 'margin-again']);
  });

  test('an optimiser by name or with its settings', () => {
    const optimizer = (value: unknown) =>
      validateSpec({ ...least, training: { optimizer: value } }).training.optimizer;
    assert.deepEqual(optimizer('sgd'), { name: 'sgd', momentum: 0, weightDecay: 0 });
    assert.deepEqual(optimizer({ name: 'sgd', momentum: 0.9 }), {
      name: 'sgd',
      momentum: 0.9,
      weightDecay: 0,
    });
    assert.deepEqual(optimizer({ name: 'adam' }), { name: 'adam' });
  });

  test("the data set's own image size", () => {
    const model = { architecture: 'bayesian-cnn', inputSize: 28 };
    assert.deepEqual(validateSpec({ ...least, model }), validateSpec(least));
  });

  test('a last query that takes what is left of the pool', () => {
    const protocol = { poolSize: 50, initialLabels: 20, labelsPerRound: 20, rounds: 2 };
    assert.equal(validateSpec({ ...least, protocol }).protocol.rounds, 2);
  });
});

describe('single fields', () => {
  test('unknown keys are named with the nearest known one', () => {
    assertFault(
      { ...least, protocol: { labelsPerRund: 5 } },
      'protocol.labelsPerRund',
      /did you mean "labelsPerRound"\?/,
    );
    assertFault({ ...least, sedes: 5 }, 'sedes', /did you mean "seeds"\?/);
    assertFault({ ...least, batchSize: 5 }, 'batchSize', /it belongs under "training"/);
    const training = { optimizer: { name: 'adam', momentum: 0.9 } };
    assertFault({ ...least, training }, 'training.optimizer.momentum', /does not go with/);
  });

  test('wrong types and ranges say what would be right and what was given', () => {
    const protocol = (fields: object) => ({ ...least, protocol: fields });
    assertFault(protocol({ initialLabels: 0 }), 'protocol.initialLabels', /an integer of at least 1, got 0$/);
    assertFault(
      protocol({ initialLabels: 2.5 }),
      'protocol.initialLabels',
      /an integer of at least 1, got 2.5$/,
    );
    assertFault(protocol({ rounds: 'many' }), 'protocol.rounds', /at least 1, or all, got "many"$/);
    assertFault(protocol({ poolSize: 2 ** 32 }), 'protocol.poolSize', /at most 2147483647/);
    const model = { architecture: 'bayesian-cnn', dropout: 1 };
    assertFault({ ...least, model }, 'model.dropout', /above 0 and below 1, or false, got 1$/);
    assertFault(
      { ...least, model: 'resnet18' },
      'model',
      /must be a mapping of keys to values, got "resnet18"$/,
    );
    assertFault({ ...least, training: { learningRate: Number.NaN } }, 'training.learningRate', /above 0/);
  });

  test('missing fields are said to be missing', () => {
    assert.deepEqual(
      faults({}).map((line) => line.split(' ').slice(0, 3).join(' ')),
      ['name: is missing;', 'dataset: is missing;', 'model: is missing;', 'strategies: is missing;'],
    );
    assert.match(faults(null)[0] ?? '', /must be a mapping/);
  });

  test('names that could not be folders are refused', () => {
    for (const name of ['', '../up', 'a b', `${'x'.repeat(81)}`]) {
      assertFault({ ...least, name }, 'name', /letters, digits/);
    }
  });

  test('what is not built yet is refused by name', () => {
    const model = (fields: object) => ({ ...least, model: { ...least.model, ...fields } });
    assertFault(model({ pretrained: 'imagenet' }), 'model.pretrained', /not available in this version/);
    assertFault(model({ freezeBackbone: true }), 'model.freezeBackbone', /not available in this version/);
    assertFault(model({ inputSize: 32 }), 'model.inputSize', /not available in this version/);
    assertFault(
      { ...least, training: { warmStart: true } },
      'training.warmStart',
      /not available in this version/,
    );
    assertFault(
      { ...least, training: { trainOn: 'new' } },
      'training.trainOn',
      /not available in this version/,
    );
  });
});

describe('seeds', () => {
  test('none at all are refused', () => {
    assertFault({ ...least, seeds: 0 }, 'seeds', /from 1 to 10000, or a list of integers, got 0$/);
    assertFault({ ...least, seeds: [] }, 'seeds', /at least one seed/);
  });

  test('repeated ones are named', () => {
    assertFault({ ...least, seeds: [4, 5, 4] }, 'seeds[2]', /repeats the seed 4/);
  });
});

describe('rules that join fields', () => {
  test('more labels than the pool', () => {
    const protocol = { poolSize: 10, initialLabels: 20 };
    assertFault({ ...least, protocol }, 'protocol.initialLabels', /at most the pool's 10 samples, got 20/);
  });

  test('queries of an empty pool', () => {
    const protocol = { poolSize: 50, initialLabels: 20, labelsPerRound: 20, rounds: 3 };
    assertFault({ ...least, protocol }, 'protocol.rounds', /at most 2, got 3/);
    assert.deepEqual(faults({ ...least, protocol: { ...protocol, rounds: 'all' } }), []);
  });

  test('early stopping without anything to validate on', () => {
    assertFault({ ...least, protocol: { validationSize: 0 } }, 'protocol.validationSize', /earlyStopping/);
    const training = { earlyStopping: false };
    assert.deepEqual(faults({ ...least, training, protocol: { validationSize: 0 } }), []);
  });

  test('Monte-Carlo strategies without dropout or without passes', () => {
    const spec = { ...least, strategies: ['random', 'bald'] };
    const model = { architecture: 'bayesian-cnn', dropout: false };
    assertFault({ ...spec, model }, 'strategies[1]', /bald needs Monte-Carlo passes, .*dropout: false/);
    const protocol = { monteCarloPasses: 1 };
    assertFault({ ...spec, protocol }, 'protocol.monteCarloPasses', /at least 2 for bald, got 1/);
    assert.deepEqual(faults({ ...least, protocol }), []);
  });

  test('fewer Monte-Carlo passes than a strategy works with', () => {
    const joint = { ...least, strategies: ['bald', 'batch_bald', 'margin'] };
    assertFault(joint, 'protocol.monteCarloPasses', /must be at least 50 for batch_bald, got 10/);
    assert.deepEqual(faults({ ...joint, protocol: { monteCarloPasses: 50 } }), []);
  });

  test('no validation samples for a strategy that learns from them; labels are no output of the model', () => {
    const spec = { ...least, strategies: ['uherding', 'alfa_mix'], training: { earlyStopping: false } };
    assertFault(
      { ...spec, protocol: { validationSize: 0 } },
      'protocol.validationSize',
      /at least 1 for uherding, which learn/,
    );
    assert.deepEqual(faults(spec), []);
  });

  test('unknown strategies and architectures, with the nearest known', () => {
    assertFault({ ...least, strategies: ['entropie'] }, 'strategies[0]', /did you mean "entropy"\?/);
    assertFault(
      { ...least, model: { architecture: 'resnet81' } },
      'model.architecture',
      /did you mean "resnet18"\?/,
    );
  });

  test('two entries of one name', () => {
    const strategies = ['margin', { name: 'margin' }];
    assertFault({ ...least, strategies }, 'strategies[1]', /strategies\[0\].*"as"/);
  });

  test('parameters a strategy does not have', () => {
    const strategies = [{ name: 'ratio', params: { beta: 1 } }];
    assertFault({ ...least, strategies }, 'strategies[0].params.beta', /reference_faults/);
  });
});

test('all violations come at once, in the order of a spec', () => {
  const fields = faults({
    seeds: [1, 1, 'x'],
    strategies: ['rndom', { name: 'margin', as: 4 }, 5],
    protocol: { poolSize: 10, initialLabels: 20, labelsPerRound: -1 },
    training: { epochs: 'x', earlyStopping: { patience: 0 } },
    model: { architecture: 'vgg' },
    dataset: 'mnist',
    name: 'x',
    nmae: 'x',
  }).map((line) => line.split(': ')[0]);
  assert.deepEqual(fields, [
    'nmae',
    'model.architecture',
    'training.epochs',
    'training.earlyStopping.patience',
    'protocol.labelsPerRound',
    'protocol.initialLabels',
    'strategies[0]',
    'strategies[1].as',
    'strategies[2]',
    'seeds[1]',
    'seeds[2]',
  ]);
});
