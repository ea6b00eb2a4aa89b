import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { handPool, rows, select, strategySuite } from '../property-suite.js';
import { sameWithAnyMatrices } from './any-matrices.js';
import { maxHerding } from './max-herding.js';

strategySuite(maxHerding, { draws: false });
sameWithAnyMatrices(maxHerding);

describe('max_herding', () => {
  const line = handPool({ z: rows([0], [1], [2], [10], [11], [30]) });
  const raw = { radius: 1, unit_length: false };

  test('picks what raises the mean kernel most', () => {
    const pool = { ...line, labelled: { ids: new Int32Array(0), signals: {} } };
    const { ids, scores } = select(maxHerding, pool, 3, raw);
    // 1 has two neighbours 1 away; 10 and 11 have one each (lower id); 30 has none, 11 gains 1 - 1/e.
    assert.deepEqual(ids, [10, 30, 50]);
    const expected = [1 + 2 / Math.E, 1 + 1 / Math.E, 1].map((gain) => gain / 6);
    assert.ok(scores.every((score, at) => Math.abs(score - expected[at]!) < 1e-12));
  });

  test('does not count what labelled samples cover', () => {
    const pool = { ...line, labelled: { ids: Int32Array.of(99), signals: { z: rows([1]) } } };
    assert.deepEqual(select(maxHerding, pool, 2, raw).ids, [30, 50]);
  });

  test('draws a part of a larger pool, but at least k, and says so', () => {
    const pool = { ...line, labelled: { ids: new Int32Array(0), signals: {} } };
    const { ids, notes } = select(maxHerding, pool, 4, { ...raw, candidates: 2 });
    assert.equal(new Set(ids).size, 4);
    assert.match(notes.join(), /4 of 6 samples, drawn uniformly, stand for the pool/);
  });
});
