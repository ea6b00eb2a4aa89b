import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { namedRandom } from '@alarena/core';
import { handPool, invalid, rows, select, strategySuite } from '../property-suite.js';
import { sameWithAnyMatrices } from './any-matrices.js';
import { calibration } from './temperature.js';
import { uherding } from './uherding.js';

strategySuite(uherding, { draws: false });
sameWithAnyMatrices(uherding);

describe('uherding', () => {
  const p = (...highest: readonly number[]) => rows(...highest.map((x) => [x, 1 - x]));
  // Right as often as it says: a temperature of 1.
  const calibrated = {
    ids: Int32Array.from({ length: 10 }, (_, i) => 200 + i),
    signals: { probabilities: p(...Array(10).fill(0.8)) },
    labels: Int32Array.of(0, 0, 0, 0, 0, 0, 0, 0, 1, 1),
  };
  const pool = {
    ...handPool({ z: rows([0], [1], [2], [10], [11]), probabilities: p(1, 1, 1, 0.5, 0.75) }),
    labelled: { ids: Int32Array.of(90, 91), signals: { z: rows([30], [31]) } },
    validation: calibrated,
  };

  test('covers uncertain samples', () => {
    const { ids, scores, notes } = select(uherding, pool, 2, { unit_length: false });
    // Weights 0, 0, 0, 1 and 0.5: 10 gains 1 + 0.5 / e, 11 then 0.5 (1 - 1 / e).
    assert.deepEqual(ids, [30, 40]);
    assert.ok(Math.abs(scores[0]! - (1 + 0.5 / Math.E) / 5) < 1e-6);
    assert.ok(Math.abs(scores[1]! - (0.5 - 0.5 / Math.E) / 5) < 1e-6);
    assert.match(notes.join('; '), /temperature 1(\.0000\d*)?; radius 1/);
  });

  test('refuses a radius so small that nothing is near anything', () => {
    const message = /parameters\.radius: must be 0 or at least 0\.000001, got 1e-200/;
    assert.throws(() => select(uherding, pool, 1, { radius: 1e-200 }), invalid(message));
  });

  test('takes the least distance between labelled samples as the radius', () => {
    const labelled = { ids: Int32Array.of(90, 91, 92, 93), signals: { z: rows([30], [33], [33], [40]) } };
    assert.match(
      select(uherding, { ...pool, labelled }, 1, { unit_length: false }).notes.join(),
      /radius 3$/,
    );
  });

  test('weighs all the same before anything is labelled', () => {
    const labelled = { ids: new Int32Array(0), signals: {} };
    const { ids, notes } = select(uherding, { ...pool, labelled }, 1, { unit_length: false });
    assert.deepEqual(ids, [10]);
    assert.match(notes.join(), /nothing is labelled/);
  });
});

test('calibration finds the temperature that probabilities were made too sure by', () => {
  const random = namedRandom(1, 'calibration');
  const labels = new Int32Array(20_000);
  const sure = Array.from(labels, (_, row) => {
    const logit = 2 * random.normal();
    labels[row] = Number(random.uniform() > 1 / (1 + Math.exp(-logit)));
    const p = 1 / (1 + Math.exp(-3 * logit));
    return [p, 1 - p];
  });
  assert.ok(Math.abs(calibration(rows(...sure), labels) - 1 / 3) < 0.02);
  // Always right: as sure as it may be; never right: as unsure.
  assert.ok(calibration(rows([0.9, 0.1], [0.2, 0.8]), Int32Array.of(0, 1)) > 19);
  assert.ok(calibration(rows([0.9, 0.1], [0.2, 0.8]), Int32Array.of(1, 0)) < 0.06);
});
