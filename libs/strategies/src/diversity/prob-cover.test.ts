import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { namedRandom } from '@alarena/core';
import { handPool, rows, select, strategySuite } from '../property-suite.js';
import { sameWithAnyMatrices } from './any-matrices.js';
import { probCover } from './prob-cover.js';

strategySuite(probCover, { draws: true });
sameWithAnyMatrices(probCover);
sameWithAnyMatrices(probCover, { delta: 1.5, unit_length: false });

describe('prob_cover', () => {
  const half = [0.5, 0.5];
  const line = (...at: readonly number[]) =>
    handPool({ z: rows(...at.map((x) => [x])), probabilities: rows(...at.map(() => half)) });
  const nothing = { ids: new Int32Array(0), signals: {} };
  const raw = { delta: 2, unit_length: false };

  test('picks the largest number of uncovered samples strictly within δ, ties by lower id', () => {
    const pool = { ...line(0, 1, 2, 3, 10, 11, 20, 22), labelled: nothing };
    const { ids, scores, notes } = select(probCover, pool, 5, raw);
    // 1 covers 0, 1, 2, as 2 covers 1, 2, 3; then 4 and 5 cover two, 3 one (by 2 first), 20 and 22 are 2 apart.
    assert.deepEqual(ids, [10, 40, 20, 60, 70]);
    assert.deepEqual(scores, [3, 2, 1, 1, 1]);
    assert.deepEqual(notes, []);
  });

  test('does not count what a labelled sample covers', () => {
    const pool = {
      ...line(0, 1, 2, 3, 10, 11),
      labelled: { ids: Int32Array.of(99), signals: { z: rows([1]) } },
    };
    assert.deepEqual(select(probCover, pool, 2, raw).ids, [40, 20]);
  });

  test('draws the rest where all is covered, and says so', () => {
    const pool = { ...line(0, 1, 10), labelled: nothing };
    const { ids, scores, notes } = select(probCover, pool, 3, raw);
    assert.deepEqual(
      [ids, scores],
      [
        [0, 20, 10],
        [2, 1, 0],
      ],
    );
    assert.match(notes.join(), /all covered after 2 of 3 picks/);
  });

  test('finds the same δ for every seed where groups are plain', () => {
    const random = namedRandom('groups');
    const at = Array.from({ length: 140 }, (_, i) => [40 * (i % 7) + random.normal(), random.normal()]);
    const classes = at.map(() => Array(7).fill(1 / 7));
    const pool = { ...handPool({ z: rows(...at), probabilities: rows(...classes) }), labelled: nothing };
    const found = Array.from({ length: 20 }, (_, seed) =>
      select(probCover, pool, 1, { unit_length: false }, seed).notes.join(),
    );
    // A start finds all seven in less than half of the cases.
    const best = found.filter((note) => note === found[0]).length;
    assert.ok(best >= 17, `${best} of 20: ${new Set(found).size} radii`);
  });

  test('finds the largest δ at which enough balls are pure', () => {
    // Two clusters: 0 to 3 and 8 to 11. Nearest of the other cluster: 8, 7, 6, 5, 5, 6, 7, 8.
    const pool = { ...line(0, 1, 2, 3, 8, 9, 10, 11), labelled: nothing };
    const delta = (purity: number) => select(probCover, pool, 1, { purity, unit_length: false }).notes.join();
    assert.deepEqual([1, 0.75, 0.5, 0.25].map(delta), ['δ = 5', 'δ = 6', 'δ = 7', 'δ = 8']);
  });
});
