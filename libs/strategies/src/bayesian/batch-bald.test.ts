import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ndarray } from '@alarena/core';
import { handPool, select, strategySuite, syntheticPool } from '../property-suite.js';
import { rowsAt } from '../rows-at.js';
import type { PoolView } from '../strategy.js';
import { bald } from './bald.js';
import { batchBald } from './batch-bald.js';

// Of 2 to 5 classes: exact for the first picks only, then drawn.
strategySuite(batchBald, { draws: true, parameters: { num_samples: 60 }, runs: 20 });

describe('batch_bald', () => {
  test('begins with the best of bald', () => {
    for (const seed of [1, 2, 3]) {
      const pool = syntheticPool(40, seed, 0, 50);
      assert.deepEqual(select(batchBald, pool, 1).ids, select(bald, pool, 1).ids);
    }
  });

  test('does not pick two samples that tell the same', () => {
    // Samples 0 and 1 say which half of the passes is right, sample 2 says less of something else.
    const passes = Array.from({ length: 64 }, (_, pass) => {
      const half = pass % 2;
      const other = (pass >> 1) % 2 === 0 ? 0.75 : 0.25;
      return [half, 1 - half, half, 1 - half, other, 1 - other];
    });
    const monteCarlo = ndarray('float32', [64, 3, 2], Float32Array.from(passes.flat()));
    const pool = handPool({ monteCarlo });
    assert.deepEqual(select(bald, pool, 2).ids, [0, 10]);
    const { ids, scores } = select(batchBald, pool, 3);
    assert.deepEqual(ids, [0, 20, 10]);
    const [first = 0, second = 0, third = 0] = scores;
    const ofOther = Math.LN2 + (0.75 * Math.log(0.75) + 0.25 * Math.log(0.25));
    assert.ok(Math.abs(first - Math.LN2) < 1e-12);
    assert.ok(Math.abs(second - (Math.LN2 + ofOther)) < 1e-12);
    assert.ok(Math.abs(third - second) < 1e-12);
  });

  test('picks what the plain greedy algorithm picks, with the joint information of all', () => {
    for (const seed of [4, 5, 6, 7]) {
      const pool = syntheticPool(25, seed, 0, 50);
      const { ids, scores } = select(batchBald, pool, 4, { num_samples: 1000 });
      const expected = plainGreedy(pool, 4);
      assert.deepEqual(ids, expected.ids);
      scores.forEach((score, at) => {
        // Rows of float32 probabilities add up to 1 within 1e-7.
        assert.ok(Math.abs(score - expected.scores[at]!) < 1e-5, `${score} and ${expected.scores[at]}`);
      });
    }
  });

  test('also where groups of configurations bound the gains, and where every sample is there twice', () => {
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const single = syntheticPool(16, seed, 0, 50);
      const classes = single.signals.monteCarlo!.shape[2]!;
      // At the last pick there are 512 configurations or more.
      const k = 1 + Math.ceil(Math.log(512) / Math.log(classes) - 1e-9);
      const twice = rowsAt(
        single,
        Int32Array.from({ length: 32 }, (_, at) => at % 16),
      );
      const pool = { ...twice, ids: Int32Array.from({ length: 32 }, (_, at) => (at * 19) % 32) };
      const { ids, notes } = select(batchBald, pool, k, { num_samples: classes ** (k - 1) });
      assert.deepEqual(notes, []);
      assert.deepEqual(ids, plainGreedy(pool, k).ids, `seed ${seed}`);
    }
  });

  test('drawn configurations come near the exact information, and are told in the notes', () => {
    const pools = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => syntheticPool(25, seed, 0, 50));
    const pool = pools.find(({ signals }) => signals.monteCarlo?.shape[2] === 2)!;
    const exact = select(batchBald, pool, 10, { num_samples: 512 });
    const drawn = select(batchBald, pool, 10, { num_samples: 500 });
    assert.deepEqual(exact.notes, []);
    assert.match(drawn.notes[0]!, /^from pick 10 on by configurations of labels drawn at random$/);
    const difference = Math.abs(drawn.scores[9]! - exact.scores[9]!);
    assert.ok(difference < 0.05 * exact.scores[9]!, `${drawn.scores} and ${exact.scores}`);
  });

  test('of more samples than come to the last round it picks about as well', () => {
    const pool = syntheticPool(700, 9, 0, 50);
    const k = 8;
    const { ids, scores } = select(batchBald, pool, k, { num_samples: 1000 });
    // More configurations by far.
    const precise = select(batchBald, pool, k, { num_samples: 20_000 });
    assert.equal(new Set(ids).size, k);
    const difference = Math.abs(scores[k - 1]! - precise.scores[k - 1]!);
    assert.ok(difference < 0.05 * precise.scores[k - 1]!, `${scores} and ${precise.scores}`);
  });
});

/** By the definition: all configurations of all candidates together, at every step. */
function plainGreedy(pool: PoolView, k: number): { ids: number[]; scores: number[] } {
  const [passes = 0, samples = 0, classes = 0] = pool.signals.monteCarlo!.shape;
  const { data } = pool.signals.monteCarlo!;
  const p = (pass: number, sample: number, c: number) => data[(pass * samples + sample) * classes + c]!;
  const entropy = (values: readonly number[]) =>
    values.reduce((sum, v) => (v > 0 ? sum - v * Math.log(v) : sum), 0);
  const conditional = (sample: number) => {
    let sum = 0;
    for (let t = 0; t < passes; t++)
      sum += entropy(Array.from({ length: classes }, (_, c) => p(t, sample, c)));
    return sum / passes;
  };
  let joint: number[][] = [Array.from({ length: passes }, () => 1)];
  const picked: number[] = [];
  const scores: number[] = [];
  const extended = (sample: number) =>
    joint.flatMap((row) => Array.from({ length: classes }, (_, c) => row.map((v, t) => v * p(t, sample, c))));
  while (picked.length < k) {
    let best = { sample: -1, score: Number.NEGATIVE_INFINITY };
    for (let sample = 0; sample < samples; sample++) {
      if (picked.includes(sample)) continue;
      const total = entropy(extended(sample).map((row) => row.reduce((a, b) => a + b, 0) / passes));
      const score = total - [...picked, sample].reduce((sum, at) => sum + conditional(at), 0);
      const lower = Math.abs(score - best.score) < 1e-9 && pool.ids[sample]! < pool.ids[best.sample]!;
      if (score > best.score + 1e-9 || lower) best = { sample, score };
    }
    picked.push(best.sample);
    scores.push(best.score);
    joint = extended(best.sample);
  }
  return { ids: picked.map((sample) => pool.ids[sample]!), scores };
}
