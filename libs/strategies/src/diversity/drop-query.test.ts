import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { counterRandom, namedRandom, ndarray } from '@alarena/core';
import { handPool, rows, select, strategySuite } from '../property-suite.js';
import { sameWithAnyMatrices } from './any-matrices.js';
import { dropQuery } from './drop-query.js';
import { classChanges, type Masks, randomMasks } from './dropped-features.js';

strategySuite(dropQuery, { draws: true });
sameWithAnyMatrices(dropQuery);

/** Class 0 where the first feature outweighs the second and a bias. */
const classifier = ndarray('float32', [2, 3], Float32Array.of(1, 0, 0, 0, 1, 0.5));

describe('drop_query', () => {
  // Dropping decides nothing where both features are 0; where one is, it is class 1 with it dropped or not.
  const certain = [0, 1];
  const close = [3, 2];
  const other = [20, 2];

  test('picks one of each cluster of the samples whose class changes in more than half of the passes', () => {
    const h = rows(close, certain, close, other, certain, other);
    const pool = { ...handPool({ h }), classifier };
    const { ids, scores, notes } = select(dropQuery, pool, 2, { passes: 99 });
    // Class 0 turns to 1 wherever its first feature is dropped: three times in four.
    assert.deepEqual(
      ids
        .map((id) => (id === 0 || id === 20 ? 'close' : id === 30 || id === 50 ? 'other' : 'certain'))
        .sort(),
      ['close', 'other'],
    );
    assert.ok(scores.every((score) => score > 0.6 && score < 0.9));
    assert.deepEqual(notes, []);
  });

  test('with too few that change takes those that change most, and says so', () => {
    const h = rows(certain, close, certain, certain);
    const pool = { ...handPool({ h }), classifier };
    const { ids, notes } = select(dropQuery, pool, 3, { passes: 99 });
    assert.ok(ids.includes(10));
    assert.match(notes.join(), /only 1 samples change class in more than half of 99 passes/);
  });

  test('drops more with a higher dropout', () => {
    const h = rows(...Array.from({ length: 50 }, (_, i) => [30 + i, 20]));
    const pool = { ...handPool({ h }), classifier };
    const mean = (dropout: number): number => {
      const { scores } = select(dropQuery, pool, 50, { passes: 100, dropout });
      return scores.reduce((sum, score) => sum + score, 0) / scores.length;
    };
    // The first feature is dropped.
    for (const dropout of [0.25, 0.75]) assert.ok(Math.abs(mean(dropout) - dropout) < 0.03);
  });
});

test('what is kept is scaled by 1 / (1 - dropout), the bias is not', () => {
  const keepAll: Masks = (_row, _pass, kept) => kept.fill(1);
  const biased = ndarray('float32', [2, 2], Float32Array.of(1, 0, 0, 1.5));
  const h = rows([1]);
  const changes = (dropout: number) => classChanges(h, biased, { passes: 1, dropout, masks: keepAll })[0];
  assert.deepEqual([changes(0.25), changes(0.5)], [0, 1]); // 4/3 and 2 against 1.5
});

test('masks are of a sample and a pass by name, and drop each feature by chance', () => {
  const draws = counterRandom(namedRandom('masks'));
  const [width, passes] = [6, 500];
  const maskOf = (ids: number[], row: number, pass: number): string => {
    const kept = new Uint8Array(width);
    randomMasks(draws, Int32Array.from(ids), 0.75)(row, pass, kept);
    return kept.join('');
  };
  assert.equal(maskOf([7, 9], 1, 3), maskOf([9], 0, 3));
  const all = Array.from({ length: passes }, (_, pass) => maskOf([7], 0, pass));
  assert.ok(new Set(all).size > 20);
  for (let at = 0; at < width; at++) {
    const kept = all.filter((mask) => mask[at] === '1').length;
    assert.ok(Math.abs(kept - passes / 4) < 5 * Math.sqrt(passes * (3 / 16)), `feature ${at}: ${kept}`);
  }
});
