import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { comparison } from '@alarena/api';
import { AppError } from '@alarena/core';
import fc from 'fast-check';
import { parseSpec } from './parse-spec.js';
import type { ComparisonSpec } from './spec.js';
import { specFromProto, specToProto } from './spec-proto.js';
import { specToYaml } from './spec-yaml.js';
import { validateSpec } from './validate-spec.js';

const count = fc.integer({ min: 1, max: 1000 });
const countOrAll = fc.oneof(count, fc.constant('all'));
const rate = fc.double({ min: 0.001, max: 0.999, noNaN: true });

/** Raw specs that keep every rule. */
const anySpec: fc.Arbitrary<ComparisonSpec> = fc
  .record({
    name: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/),
    dataset: fc.constantFrom('mnist', 'null', '123', 'true'),
    model: fc.record({
      architecture: fc.constantFrom('bayesian-cnn', 'resnet18', 'resnet50'),
      dropout: rate,
    }),
    training: fc.record({
      epochs: count,
      batchSize: count,
      learningRate: fc.double({ min: 1e-12, max: 10, noNaN: true }),
      optimizer: fc.oneof(
        fc.constantFrom('adam', 'sgd'),
        fc.record({ name: fc.constant('sgd'), momentum: rate, weightDecay: rate }),
      ),
      earlyStopping: fc.oneof(fc.constant(false), fc.record({ patience: count })),
    }),
    protocol: fc.record({
      poolSize: fc.oneof(fc.integer({ min: 100_000, max: 1_000_000 }), fc.constant('all')),
      initialLabels: count,
      labelsPerRound: count,
      rounds: fc.oneof(fc.integer({ min: 1, max: 99 }), fc.constant('all')),
      validationSize: count,
      testSize: countOrAll,
      monteCarloPasses: fc.integer({ min: 2, max: 100 }),
    }),
    strategies: fc.uniqueArray(fc.constantFrom('random', 'margin', 'bald', { name: 'ratio', as: '1e3' }), {
      minLength: 1,
    }),
    seeds: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.uniqueArray(fc.maxSafeInteger(), { minLength: 1 })),
  })
  .map((raw) => validateSpec(raw));

test('a spec survives YAML', () => {
  fc.assert(fc.property(anySpec, (spec) => assert.deepEqual(parseSpec(specToYaml(spec)), spec)));
});

test('a spec survives the wire', () => {
  fc.assert(
    fc.property(anySpec, (spec) => {
      const bytes = comparison.ComparisonSpec.encode(specToProto(spec)).finish();
      assert.deepEqual(specFromProto(comparison.ComparisonSpec.decode(bytes)), spec);
    }),
  );
});

describe('messages of other clients', () => {
  function violations(message: Parameters<typeof comparison.ComparisonSpec.fromPartial>[0]): string[] {
    try {
      specFromProto(comparison.ComparisonSpec.fromPartial(message));
    } catch (error) {
      assert.ok(error instanceof AppError);
      return error.violations.map(({ field }) => field);
    }
    return [];
  }

  test('an empty message has the violations of an empty spec', () => {
    assert.deepEqual(violations({}), ['name', 'dataset', 'model', 'strategies', 'seeds']);
  });

  test('sections left out take their defaults; single numbers do not', () => {
    const least = {
      name: 'least',
      dataset: 'mnist',
      model: { architecture: 'bayesian-cnn', dropout: 0.5 },
      strategies: [{ name: 'random' }],
      seeds: [1n],
    };
    assert.deepEqual(violations(least), []);
    assert.deepEqual(
      violations({ ...least, training: { epochs: 0, batchSize: 1, learningRate: 1, minStepsPerEpoch: 1 } }),
      ['training.epochs'],
    );
    assert.deepEqual(violations({ ...least, seeds: [2n ** 60n] }), ['seeds[0]']);
    assert.deepEqual(
      violations({ ...least, strategies: [{ name: 'ratio', parameters: { reference_faults: {} } }] }),
      ['strategies[0].params.reference_faults'],
    );
  });
});
