import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { strategies } from '@alarena/strategies';
import { expectAppError } from '@alarena/testkit';
import { planQuery, type Query } from './plan-query.js';
import { taskKey } from './task-key.js';

const query: Query = {
  strategy: 'margin',
  parameters: {},
  entry: 'margin',
  k: 10,
  seed: 1,
  round: 2,
  fit: 'f'.repeat(64),
  pool: { sha256: '1'.repeat(64), count: 100 },
  labelled: { sha256: '2'.repeat(64), count: 20 },
  validation: { sha256: '3'.repeat(64), count: 10 },
  monteCarloPasses: 7,
  numerics: 'cpu-test',
};

function plan(strategy: string, overrides: Partial<Query> = {}) {
  return planQuery({ ...query, strategy, entry: strategy, ...overrides });
}

describe('a query', () => {
  test('by a strategy that asks nothing of a model infers nothing', () => {
    const { infer, select } = plan('random');
    assert.deepEqual(infer, []);
    assert.equal(select.inputs.poolSignals, null);
    assert.equal(select.inputs.labelledSignals, null);
    assert.equal(select.numerics, 'any');
  });

  test('by strategies that need the same signals shares them', () => {
    const plans = ['least_confidence', 'margin', 'ratio', 'entropy'].map((name) => plan(name));
    for (const { infer, select } of plans) {
      assert.deepEqual(infer, plans[0]!.infer);
      assert.equal(select.inputs.poolSignals, taskKey(infer[0]!));
    }
    assert.equal(new Set(plans.map(({ select }) => taskKey(select))).size, plans.length);
    const [infer] = plans[0]!.infer;
    assert.deepEqual(infer!.inputs, {
      fit: query.fit,
      samples: query.pool,
      probabilities: true,
      layers: [],
      monteCarloPasses: 0,
    });
    assert.equal(infer!.numerics, 'cpu-test');
    assert.deepEqual(plan('bald').infer, plan('max_entropy').infer);
  });

  test('of another fit, pool or number of passes shares nothing', () => {
    const key = (overrides: Partial<Query>): string => taskKey(plan('bald', overrides).infer[0]!);
    const others: Partial<Query>[] = [
      {},
      { fit: 'e'.repeat(64) },
      { pool: query.labelled },
      { monteCarloPasses: 8 },
      { numerics: 'gpu-test' },
    ];
    assert.equal(new Set(others.map(key)).size, others.length);
    assert.equal(key({ k: 3, seed: 9, round: 9, entry: 'other' }), key({}));
  });

  test('by coreset also gets the labelled set’s features', () => {
    const { infer, select } = plan('coreset');
    const wanted = { fit: query.fit, probabilities: false, layers: ['z'], monteCarloPasses: 0 };
    assert.deepEqual(
      infer.map(({ inputs }) => inputs),
      [
        { ...wanted, samples: query.pool },
        { ...wanted, samples: query.labelled },
      ],
    );
    assert.equal(select.inputs.poolSignals, taskKey(infer[0]!));
    assert.equal(select.inputs.labelledSignals, taskKey(infer[1]!));
  });

  test('asks for exactly the signals of its strategy, and names its version', () => {
    for (const { descriptor } of strategies) {
      const { infer, select } = plan(descriptor.name);
      const [pool] = infer;
      const { probabilities = false, monteCarloPasses = 0, layers = [] } = pool?.inputs ?? {};
      const asked = [
        ...(probabilities ? ['probabilities'] : []),
        ...(monteCarloPasses > 0 ? ['monteCarlo'] : []),
        ...layers,
      ];
      assert.deepEqual(asked.sort(), [...descriptor.signals].sort(), descriptor.name);
      assert.deepEqual(layers, layers.toSorted());
      const { labelledSignals, validationSignals = [], classifier } = descriptor;
      assert.equal(pool?.inputs.classifier, asked.length > 0 ? classifier : undefined);
      const sets = [asked, labelledSignals, validationSignals].filter(({ length }) => length > 0);
      assert.equal(infer.length, sets.length);
      assert.equal(select.inputs.validation, validationSignals.length > 0 ? query.validation : undefined);
      assert.equal(select.semantics, descriptor.semantics);
    }
  });

  test('by a strategy that learns from validation samples has their labels inferred, or is refused without any', async () => {
    const { infer, select } = plan('uherding');
    const known = infer.at(-1);
    assert.deepEqual([known?.inputs.samples, known?.inputs.labels], [query.validation, true]);
    assert.equal(select.inputs.validationSignals, taskKey(known!));
    for (const samples of [undefined, { sha256: '4'.repeat(64), count: 0 }]) {
      const { validation: _, ...others } = query;
      const lacking = { ...others, strategy: 'uherding', ...(samples && { validation: samples }) };
      const error = await expectAppError('invalid-argument', () => planQuery(lacking));
      assert.match(error.message, /validation: uherding learns from validation samples, and there are none/);
    }
  });

  test('by a strategy that does not exist is refused', async () => {
    const error = await expectAppError('invalid-argument', () => plan('margni'));
    assert.equal(error.reason, 'UNKNOWN_STRATEGY');
  });
});
