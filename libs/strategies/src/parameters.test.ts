import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AppError } from '@alarena/core';
import { type ParameterDefinition, parseParameters } from './parameters.js';

const parameters: ParameterDefinition[] = [
  { name: 'beta', type: 'number', default: 1, min: 0, summary: 'temperature' },
  { name: 'neighbours', type: 'integer', default: 20, min: 1, max: 100, summary: 'of a sample' },
  { name: 'score', type: 'string', default: 'bald', choices: ['bald', 'entropy'], summary: 'which score' },
  { name: 'exact', type: 'boolean', default: false, summary: 'whether' },
];
const strategy = { name: 'power', parameters };

describe('parseParameters', () => {
  test('fills in every default', () => {
    const defaults = { beta: 1, neighbours: 20, score: 'bald', exact: false };
    assert.deepEqual(parseParameters(strategy, undefined), defaults);
    assert.deepEqual(parseParameters(strategy, { beta: 2.5, exact: true }), {
      ...defaults,
      beta: 2.5,
      exact: true,
    });
  });

  test('reports every violation at once, by field, saying what would be right', () => {
    const raw = { beta: -1, neighbours: 2.5, score: 'entropie', exact: 'yes', betta: 1, colour: 1 };
    assert.throws(
      () => parseParameters(strategy, raw, 'strategies[2].params'),
      (thrown) => {
        assert.ok(thrown instanceof AppError);
        assert.equal(thrown.code, 'invalid-argument');
        assert.deepEqual(Object.fromEntries(thrown.violations.map((v) => [v.field, v.description])), {
          'strategies[2].params.beta': 'must be a number of at least 0, got -1',
          'strategies[2].params.neighbours': 'must be an integer in [1, 100], got 2.5',
          'strategies[2].params.score':
            'must be one of bald, entropy, got "entropie"; did you mean "entropy"?',
          'strategies[2].params.exact': 'must be true or false, got "yes"',
          'strategies[2].params.betta': 'power has no such parameter; did you mean "beta"?',
          'strategies[2].params.colour': 'power has no such parameter; it has beta, neighbours, score, exact',
        });
        return true;
      },
    );
  });

  test('refuses what is no object, NaN, and any parameter of a strategy without', () => {
    assert.throws(() => parseParameters(strategy, 'beta'), /params: must be an object/);
    assert.throws(() => parseParameters(strategy, { beta: Number.NaN }), /got NaN/);
    assert.throws(
      () => parseParameters({ name: 'random', parameters: [] }, { k: 3 }),
      /random takes no parameters/,
    );
  });

  test('names that objects inherit are unknown parameters', () => {
    assert.throws(() => parseParameters(strategy, { constructor: 1 }), /no such parameter/);
  });
});
