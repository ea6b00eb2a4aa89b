import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { namedRandom, ndarray, scalarMatrices } from '@alarena/core';
import { herd } from './herding.js';
import { roughMatrices } from './rough-matrices.js';
import { RowSpace } from './space.js';

const WIDTH = 3;

function spaceOf(size: number, seed: number, matrices = scalarMatrices): RowSpace {
  const random = namedRandom(seed, 'herding', size);
  // Some are copies: gains of 0 and ties.
  const rows = Float32Array.from({ length: size * WIDTH }, () => 5 + Math.round(3 * random.normal()) / 3);
  return new RowSpace(ndarray('float32', [size, WIDTH], rows), matrices);
}

function byDefinition(
  space: RowSpace,
  outside: RowSpace,
  weights: Float64Array,
  radius: number,
  count: number,
) {
  const kernel = (squared: number) => Math.exp(-squared / radius ** 2);
  const covered = [...weights.keys()].map((j) =>
    Math.max(
      0,
      ...Array.from({ length: outside.size }, (_, c) => kernel(space.squaredDistanceTo(outside, j, c))),
    ),
  );
  const picked: number[] = [];
  while (picked.length < count) {
    const gains = covered.map((_, i) => {
      if (picked.includes(i)) return -1;
      let gain = 0;
      for (let j = 0; j < covered.length; j++) {
        gain += weights[j]! * Math.max(0, kernel(space.squaredDistance(i, j)) - covered[j]!);
      }
      return gain;
    });
    const best = gains.indexOf(Math.max(...gains));
    for (let j = 0; j < covered.length; j++) {
      covered[j] = Math.max(covered[j]!, kernel(space.squaredDistance(best, j)));
    }
    picked.push(best);
  }
  return picked;
}

describe('kernel herding', () => {
  test('is the greedy loop by definition, whoever multiplies', () => {
    for (let seed = 0; seed < 8; seed++) {
      for (const radius of [0.05, 1, 6]) {
        const random = namedRandom(seed, 'weights');
        const weights = Float64Array.from({ length: 120 }, () => Math.max(0, random.normal()));
        const expected = byDefinition(spaceOf(120, seed), spaceOf(7, seed), weights, radius, 60);
        for (const matrices of [scalarMatrices, roughMatrices(seed)]) {
          const options = { radius, weights, outside: spaceOf(7, seed, matrices), progress: () => {} };
          const picks = herd(spaceOf(120, seed, matrices), 60, options);
          assert.deepEqual(
            picks.map(({ position }) => position),
            expected,
            `seed ${seed}, radius ${radius}`,
          );
        }
      }
    }
  });

  test('once nothing is gained takes the others in order', () => {
    const space = new RowSpace(ndarray('float32', [4, 1], Float32Array.of(1, 3, 1, 3)), scalarMatrices);
    const picks = herd(space, 4, { radius: 1, weights: new Float64Array(4).fill(1), progress: () => {} });
    assert.deepEqual(
      picks.map(({ position }) => position),
      [0, 1, 2, 3],
    );
    assert.deepEqual(
      picks.slice(2).map(({ gain }) => gain),
      [0, 0],
    );
  });
});
