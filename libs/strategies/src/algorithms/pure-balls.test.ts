import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { namedRandom, ndarray, scalarMatrices } from '@alarena/core';
import { type Balls, ComputedBalls } from './balls.js';
import { findBalls } from './pure-balls.js';
import { roughMatrices } from './rough-matrices.js';
import { RowSpace } from './space.js';

const WIDTH = 3;

function spaceOf(size: number, seed: number, matrices = scalarMatrices): RowSpace {
  const random = namedRandom(seed, 'balls');
  // Coarse values: many distances are equal, and some to the radius.
  const rows = Float32Array.from({ length: size * WIDTH }, () => 10 + Math.round(4 * random.normal()) / 2);
  return new RowSpace(ndarray('float32', [size, WIDTH], rows), matrices);
}

function listed(balls: Balls, size: number): string[] {
  const found: string[] = [];
  balls.visit([...Array(size).keys()], (i, j) => found.push(`${i} ${j}`));
  return found.sort();
}

function byDefinition(space: RowSpace, squaredRadius: number): string[] {
  const found: string[] = [];
  for (let i = 0; i < space.size; i++) {
    for (let j = 0; j < space.size; j++) {
      if (i !== j && space.squaredDistance(i, j) < squaredRadius) found.push(`${i} ${j}`);
    }
  }
  return found.sort();
}

describe('balls', () => {
  test('of a radius hold what is strictly nearer, listed or computed, whoever multiplies', () => {
    for (let seed = 0; seed < 6; seed++) {
      for (const matrices of [scalarMatrices, roughMatrices(seed)]) {
        const space = spaceOf(600, seed, matrices);
        const expected = byDefinition(space, 2.25);
        const computed = new ComputedBalls(space, 2.25, () => {});
        const { balls } = findBalls(space, { squared: 2.25 }, () => {});
        assert.deepEqual(listed(balls, 600), expected);
        assert.deepEqual(listed(computed, 600), expected);
        const covered = Uint8Array.from({ length: 600 }, (_, i) => (i % 3 === 0 ? 1 : 0));
        assert.deepEqual(balls.counts(covered), computed.counts(covered));
      }
    }
  });

  test('are as large as they can be with enough of them pure', () => {
    for (let seed = 0; seed < 6; seed++) {
      const space = spaceOf(600, seed);
      const labels = Int32Array.from({ length: 600 }, (_, i) => Number(space.data[i * WIDTH]! > 11));
      const nearestOther = [...labels.keys()].map((i) =>
        Math.min(
          ...[...labels.keys()]
            .filter((j) => labels[j] !== labels[i])
            .map((j) => space.squaredDistance(i, j)),
        ),
      );
      for (const share of [0.95, 0.5, 1]) {
        // Pure are balls of a radius up to the distance of the nearest other.
        const expected = Math.max(
          ...nearestOther.filter((r) => nearestOther.filter((other) => other >= r).length >= share * 600),
        );
        const found = findBalls(space, { labels, share }, () => {});
        assert.equal(found.squaredRadius, expected);
        assert.deepEqual(listed(found.balls, 600), byDefinition(space, expected));
        const rough = findBalls(spaceOf(600, seed, roughMatrices(seed)), { labels, share }, () => {});
        assert.equal(rough.squaredRadius, expected);
      }
    }
  });

  test('of one label only have no radius and hold themselves', () => {
    const space = spaceOf(40, 1);
    const { balls, squaredRadius } = findBalls(space, { labels: new Int32Array(40), share: 0.95 }, () => {});
    assert.equal(squaredRadius, 0);
    assert.deepEqual(balls.counts(new Uint8Array(40)), new Int32Array(40).fill(1));
  });
});
