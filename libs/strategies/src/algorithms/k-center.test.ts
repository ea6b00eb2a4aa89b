import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { namedRandom, ndarray, scalarMatrices } from '@alarena/core';
import { squaredDistance } from '../vectors.js';
import { kCenter } from './k-center.js';
import { NearestCentre } from './nearest-centre.js';
import { roughMatrices } from './rough-matrices.js';
import { RowSpace } from './space.js';

const WIDTH = 7;

function values(rows: number, name: string): Float32Array {
  const random = namedRandom(name);
  // Coarse values: many distances are equal.
  return Float32Array.from({ length: rows * WIDTH }, () => 30 + Math.round(2 * random.normal()) / 2);
}

function pick(data: Float32Array, outside: Float32Array, count: number, matrices = scalarMatrices): number[] {
  const spaceOf = (rows: Float32Array) =>
    new RowSpace(ndarray('float32', [rows.length / WIDTH, WIDTH], rows), matrices);
  const [space, others] = [spaceOf(data), spaceOf(outside)];
  const nearest = new NearestCentre(space);
  nearest.addOutside(space, others);
  return kCenter(space, nearest, count, () => {}).map(({ position }) => position);
}

function byDefinition(data: Float32Array, outside: Float32Array, count: number): number[] {
  const distance = (i: number, rows: Float32Array, j: number) =>
    squaredDistance(data, i * WIDTH, rows, j * WIDTH, WIDTH);
  const size = data.length / WIDTH;
  const nearest = Array.from({ length: size }, (_, i) =>
    Math.min(...Array.from({ length: outside.length / WIDTH }, (_, j) => distance(i, outside, j))),
  );
  return Array.from({ length: count }, () => {
    const best = nearest.indexOf(Math.max(...nearest));
    for (let i = 0; i < size; i++) nearest[i] = Math.min(nearest[i]!, distance(i, data, best));
    nearest[best] = -1;
    return best;
  });
}

describe('greedy k-center', () => {
  test('is the textbook loop in float64, whoever multiplies, with ties', () => {
    for (let seed = 0; seed < 12; seed++) {
      const [data, outside] = [values(150, `data ${seed}`), values(300, `outside ${seed}`)];
      const expected = byDefinition(data, outside, 100);
      assert.deepEqual(pick(data, outside, 100), expected);
      assert.deepEqual(pick(data, outside, 100, roughMatrices(seed)), expected);
    }
  });
});
