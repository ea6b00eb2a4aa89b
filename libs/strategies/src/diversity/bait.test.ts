import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { namedRandom, ndarray } from '@alarena/core';
import { multiply, spdInverse, traceOfProduct } from '../algorithms/dense.js';
import { select, strategySuite, syntheticPool } from '../property-suite.js';
import type { PoolView } from '../strategy.js';
import { bait } from './bait.js';

strategySuite(bait, { draws: false, runs: 20 });

describe('bait', () => {
  test('picks and leaves out what changes the trace most, by definition', () => {
    for (let seed = 0; seed < 6; seed++) {
      const pool = syntheticPool(14, seed, 4);
      assert.deepEqual(select(bait, pool, 4).ids, byDefinition(pool, 4));
    }
  });

  for (const [length, ridge] of [
    [1e3, 1],
    [1, 1e-6],
  ] as const) {
    test(`picks by definition where information is far above the ridge: h x ${length}, ridge ${ridge}`, () => {
      for (let seed = 0; seed < 6; seed++) {
        const pool = scaled(seed, length);
        assert.deepEqual(select(bait, pool, 5, { ridge }).ids, byDefinition(pool, 5, ridge), `seed ${seed}`);
      }
    });
  }

  test('raises a ridge that features are too long for, and says so', () => {
    for (let seed = 0; seed < 6; seed++) {
      // Which of them came first the ridge may decide.
      const sorted = (ids: readonly number[]) => [...ids].sort((a, b) => a - b);
      const ids = sorted(select(bait, scaled(seed, 1e3), 5).ids);
      for (const length of [1e4, 1e7, 1e10]) {
        const long = select(bait, scaled(seed, length), 5);
        assert.match(long.notes.join(), /ridge raised to \S+: beside features so long 1 is lost/);
        assert.deepEqual(sorted(long.ids), ids, `seed ${seed}, h x ${length}`);
        assert.ok(long.scores.every((gain) => gain > 0));
      }
    }
  });

  test('with too many weights takes classes to be independent, and says so', () => {
    const pool = syntheticPool(20, 3, 4);
    const { ids, notes } = select(bait, pool, 5, { most_weights: 7 });
    assert.equal(new Set(ids).size, 5);
    assert.match(notes.join(), /classes taken to be independent: \d x 4 weights are more than 7/);
  });
});

/** Nothing is a copy here. */
function scaled(seed: number, length: number): PoolView {
  const random = namedRandom(seed, 'long features');
  const [classes, d] = [3, 4];
  const samples = (first: number, size: number) => {
    const logits = Float64Array.from({ length: size * classes }, () => Math.exp(2 * random.normal()));
    const p = logits.map((value, at) => {
      const from = at - (at % classes);
      return value / logits.subarray(from, from + classes).reduce((a, b) => a + b, 0);
    });
    return {
      ids: Int32Array.from({ length: size }, (_, i) => first + i),
      signals: {
        probabilities: ndarray('float32', [size, classes], Float32Array.from(p)),
        h: ndarray(
          'float32',
          [size, d],
          Float32Array.from({ length: size * d }, () => length * random.normal()),
        ),
      },
    };
  };
  return { ...samples(0, 30), labelled: samples(100, 3) };
}

/** Σ of (diag p - p pᵀ) ⊗ h hᵀ, each inverse made anew. */
function byDefinition(pool: PoolView, k: number, ridge = 1): number[] {
  const [classes, d] = [pool.signals.probabilities!.shape[1]!, pool.signals.h!.shape[1]!];
  const n = classes * d;
  const informationOf = (view: Pick<PoolView, 'signals'>, row: number): Float64Array => {
    const p = view.signals.probabilities!.data.subarray(row * classes, (row + 1) * classes);
    const h = view.signals.h!.data.subarray(row * d, (row + 1) * d);
    return Float64Array.from({ length: n * n }, (_, at) => {
      const [i, j] = [Math.floor(at / n), at % n];
      const [a, b] = [Math.floor(i / d), Math.floor(j / d)];
      return (Number(a === b) * p[a]! - p[a]! * p[b]!) * h[i % d]! * h[j % d]!;
    });
  };
  const add = (to: Float64Array, what: Float64Array, factor: number) =>
    to.map((value, at) => value + factor * what[at]!);
  const order = [...pool.ids.keys()].sort((a, b) => pool.ids[a]! - pool.ids[b]!);
  const own = order.map((row) => informationOf(pool, row));
  const known = [...pool.labelled!.ids.keys()].map((row) => informationOf(pool.labelled as PoolView, row));
  let fisher = new Float64Array(n * n);
  for (const each of [...own, ...known]) fisher = add(fisher, each, 1 / (own.length + known.length));
  let start = Float64Array.from({ length: n * n }, (_, at) => ridge * Number(at % (n + 1) === 0));
  for (const each of known) start = add(start, each, 1 / (known.length + k));
  const trace = (picked: readonly number[]): number => {
    let matrix = start;
    for (const at of picked) matrix = add(matrix, own[at]!, k / (known.length + k));
    return traceOfProduct(spdInverse(matrix, n), fisher, n);
  };
  const bestOf = (choices: readonly number[], traceWith: (at: number) => number): number => {
    const traces = choices.map(traceWith);
    // What rounding tells apart is a tie.
    return choices[traces.findIndex((value) => value < Math.min(...traces) + 1e-12)]!;
  };
  let picked: number[] = [];
  while (picked.length < 2 * k) {
    const left = [...own.keys()].filter((at) => !picked.includes(at));
    picked.push(bestOf(left, (at) => trace([...picked, at])));
  }
  while (picked.length > k) {
    const out = bestOf(picked, (at) => trace(picked.filter((other) => other !== at)));
    picked = picked.filter((other) => other !== out);
  }
  return picked.map((at) => pool.ids[order[at]!]!);
}

test('an inverse times its matrix is the identity', () => {
  const n = 7;
  const root = Float64Array.from({ length: n * n }, (_, at) => Math.sin(at * at));
  const matrix = multiply(
    root,
    Float64Array.from(root.keys(), (at) => root[(at % n) * n + Math.floor(at / n)]!),
    n,
    n,
    n,
  );
  for (let i = 0; i < n; i++) matrix[i * n + i]! += 0.1;
  multiply(spdInverse(matrix, n), matrix, n, n, n).forEach((value, at) => {
    assert.ok(Math.abs(value - Number(at % (n + 1) === 0)) < 1e-9);
  });
});
