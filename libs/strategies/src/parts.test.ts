import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { namedRandom } from '@alarena/core';
import { coreset } from './diversity/coreset.js';
import { selectFromParts } from './parts.js';
import { handPool, invalid, rows } from './property-suite.js';
import { margin } from './uncertainty/margin.js';

describe('picking from parts', () => {
  const parts = [
    handPool({ probabilities: rows([1, 0], [0.5, 0.5]) }, [0, 10]),
    handPool({ probabilities: rows([0.75, 0.25]) }, [5]),
  ];
  const random = namedRandom('parts');

  test('takes parts as they come', () => {
    function* arriving() {
      yield* parts;
    }
    assert.deepEqual(selectFromParts(margin, arriving(), 2, {}, random), {
      ids: [10, 5],
      scores: [1, 0.5],
      notes: [],
    });
  });

  test('refuses k > N once all have come, and k < 1 before', () => {
    assert.throws(
      () => selectFromParts(margin, parts, 4, {}, random),
      invalid(/k: must be at most the pool's size, 3/),
    );
    assert.throws(() => selectFromParts(margin, [], 1, {}, random), invalid(/the pool is empty/));
    assert.throws(() => selectFromParts(margin, parts, 0, {}, random), invalid(/k: must be an integer/));
  });

  test('refuses a bad part, naming the sample', () => {
    const bad = handPool({ probabilities: rows([Number.NaN, 0]) }, [77]);
    assert.throws(
      () => selectFromParts(margin, [...parts, bad], 1, {}, random),
      invalid(/sample 77 holds NaN/),
    );
  });

  test('refuses a strategy that compares samples with each other', () => {
    assert.throws(
      () => selectFromParts(coreset, parts, 1, {}, random),
      invalid(/coreset has to see the whole pool/),
    );
  });
});
