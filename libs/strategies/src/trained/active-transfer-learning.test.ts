import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { namedRandom, ndarray } from '@alarena/core';
import { invalid, select, strategySuite, syntheticPool } from '../property-suite.js';
import type { PoolView } from '../strategy.js';
import { activeTransferLearning } from './active-transfer-learning.js';

strategySuite(activeTransferLearning, { draws: true, runs: 20, parameters: { epochs: 2, least_steps: 4 } });

const WIDTH = 6;
const [SIZE, KNOWN] = [400, 120];

/** The model is wrong where `wrong` says so of the first activation and the row. */
function pool(wrong: (first: number, row: number) => boolean): PoolView & { readonly firsts: Float32Array } {
  const random = namedRandom(5, 'activations');
  const layer = (rows: number) =>
    ndarray(
      'float32',
      [rows, WIDTH],
      Float32Array.from({ length: rows * WIDTH }, () => random.normal()),
    );
  const [a1, known] = [layer(SIZE), layer(KNOWN)];
  const first = (layerOf: typeof a1, row: number): number => layerOf.data[row * WIDTH]!;
  return {
    ids: Int32Array.from({ length: SIZE }, (_, row) => row),
    firsts: Float32Array.from({ length: SIZE }, (_, row) => first(a1, row)),
    signals: { a1 },
    validation: {
      ids: Int32Array.from({ length: KNOWN }, (_, row) => 1000 + row),
      signals: {
        a1: known,
        probabilities: ndarray(
          'float32',
          [KNOWN, 2],
          Float32Array.from({ length: 2 * KNOWN }, (_, at) => (at % 2 === 0 ? 0.75 : 0.25)),
        ),
      },
      labels: Int32Array.from({ length: KNOWN }, (_, row) => Number(wrong(first(known, row), row))),
    },
  };
}

describe('active_transfer_learning', () => {
  test('picks from the half of the space where the model errs', () => {
    const given = pool((first) => first > 0);
    const { ids, scores, history, notes } = select(activeTransferLearning, given, 60);
    assert.ok(ids.every((id) => given.firsts[id]! > 0));
    assert.ok(scores.every((score, at) => score > 0.9 && (at === 0 || score <= scores[at - 1]!)));
    assert.equal(history?.length, 10);
    assert.ok(history.at(-1)!.accuracy > 0.9);
    assert.deepEqual(notes, []);
  });

  test('also where errors are rare', () => {
    const given = pool((first) => first > 1.5);
    const { ids } = select(activeTransferLearning, given, 20);
    const threshold = given.firsts.slice().sort().at(-80)!;
    assert.ok(ids.every((id) => given.firsts[id]! > threshold));
  });

  for (const [what, wrong, count] of [
    ['all are right', () => false, 0],
    ['one is wrong', (_: number, row: number) => row === 7, 1],
    ['all are wrong', () => true, KNOWN],
  ] as const) {
    test(`picks at random, and says so, where ${what}`, () => {
      const given = pool(wrong);
      const { ids, scores, history, notes } = select(activeTransferLearning, given, 30);
      assert.equal(new Set(ids).size, 30);
      assert.ok(scores.every((score) => score === 0));
      assert.equal(history, undefined);
      assert.match(notes.join(), new RegExp(`gets ${count} of ${KNOWN} validation .* picked at random`));
      assert.notDeepEqual(select(activeTransferLearning, given, 30, undefined, 2).ids, ids);
    });
  }

  test('goes by validation labels, and refuses those that are no classes', () => {
    const given = syntheticPool(20, 4);
    const labels = given.validation.labels!.slice().fill(9);
    assert.throws(
      () => select(activeTransferLearning, { ...given, validation: { ...given.validation, labels } }, 2),
      invalid(/validation\.labels: must be classes from 0 to/),
    );
  });
});
