// What every strategy must keep, as one suite that each strategy's test calls: for tests only.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AppError, type NdArray, namedRandom, ndarray, type Random, shuffle } from '@alarena/core';
import fc from 'fast-check';
import { type Parameters, parseParameters } from './parameters.js';
import type { PoolView, Selection, Signal, Strategy } from './strategy.js';

/** All a strategy may ask for, made from a seed: what it does not declare must not matter to it. */
export function syntheticPool(size: number, seed: number, labelled = 3): PoolView {
  const random = namedRandom(seed, 'synthetic pool');
  const classes = 2 + random.below(4);
  const ids = shuffle(
    Int32Array.from({ length: size }, (_, i) => 3 * i + random.below(3)),
    random,
  );
  // Every fourth sample is a copy of its predecessor and some probabilities are 0 and 1: ties must break by id.
  const probabilities = distributions(size, classes, random);
  const layer = (rows: number, width: number): NdArray<'float32'> =>
    ndarray(
      'float32',
      [rows, width],
      withCopies(rows, width, () => Math.max(0, random.normal())),
    );
  const passes = [0, 1, 2].map(() => distributions(size, classes, random));
  return {
    ids,
    signals: {
      probabilities: ndarray('float32', [size, classes], probabilities),
      monteCarlo: ndarray('float32', [3, size, classes], Float32Array.from(passes.flatMap((p) => [...p]))),
      z: layer(size, 6),
      a0: layer(size, 5),
      a1: layer(size, 4),
      a2: layer(size, classes),
    },
    labelled: {
      ids: Int32Array.from({ length: labelled }, (_, i) => 3 * size + 7 + i),
      signals: {
        z: layer(labelled, 6),
        a0: layer(labelled, 5),
        a1: layer(labelled, 4),
        a2: layer(labelled, classes),
      },
    },
  };
}

/** Registers the suite for one strategy. Strategies that draw nothing must also give the same for every seed. */
export function strategySuite(strategy: Strategy, options: { draws: boolean }): void {
  const { descriptor } = strategy;
  const parameters = parseParameters(descriptor, undefined);
  const pick = (pool: PoolView, k: number, seed = 1): Selection =>
    strategy.select(pool, k, parameters, namedRandom(seed, 'pick'));

  describe(`${descriptor.name} keeps what every strategy keeps`, () => {
    test('picks exactly k distinct ids of the pool, each with a finite score', () => {
      each((pool, k, seed) => {
        const { ids, scores } = pick(pool, k, seed);
        assert.equal(ids.length, k);
        assert.equal(new Set(ids).size, k);
        assert.equal(scores.length, k);
        for (const id of ids) assert.ok(pool.ids.includes(id), `${id} is not in the pool`);
        for (const score of scores) assert.ok(Number.isFinite(score), `score ${score}`);
      });
    });

    test('gives the same for every order of the pool and of the labelled set', () => {
      each((pool, k, seed) => {
        const other = permuted(pool, namedRandom(seed, 'permutation'));
        assert.deepEqual(pick(other, k, seed), pick(pool, k, seed));
      });
    });

    test('gives the same again, and leaves its inputs as they were', () => {
      each((pool, k, seed) => {
        const before = structuredClone(pool);
        const first = pick(pool, k, seed);
        assert.deepEqual(pick(pool, k, seed), first);
        assert.deepEqual(pool, before);
      });
    });

    test(options.draws ? 'picks something else for another seed' : 'does not depend on the seed', () => {
      const pool = syntheticPool(40, 11);
      const runs = [1, 2, 3, 4].map((seed) => JSON.stringify(pick(pool, 10, seed)));
      assert.equal(new Set(runs).size > 1, options.draws);
    });

    test('k = N returns the pool', () => {
      each((pool) => {
        const { ids } = pick(pool, pool.ids.length);
        assert.deepEqual(
          [...ids].sort((a, b) => a - b),
          [...pool.ids].sort((a, b) => a - b),
        );
      });
    });

    test('refuses k > N, k < 1, an empty pool and ids that repeat', () => {
      const pool = syntheticPool(5, 1);
      assert.throws(() => pick(pool, 6), invalid(/k: must be at most the pool's size, 5, got 6/));
      assert.throws(() => pick(pool, 0), invalid(/k: must be an integer in \[1, 5\], got 0/));
      assert.throws(() => pick(pool, 1.5), invalid(/got 1\.5/));
      assert.throws(() => pick(syntheticPool(0, 1), 1), invalid(/the pool is empty/));
      const twice = { ...pool, ids: Int32Array.of(1, 2, 3, 2, 5) };
      assert.throws(() => pick(twice, 1), invalid(/must be distinct, got 2 twice/));
    });

    for (const signal of descriptor.signals) {
      test(`refuses NaN in ${signal} and names the sample id`, () => {
        const pool = syntheticPool(7, 2);
        const array = pool.signals[signal];
        assert.ok(array);
        const width = array.shape.at(-1) ?? 0;
        array.data[array.data.length - width] = Number.NaN; // the last row belongs to the last sample
        assert.throws(() => pick(pool, 2), invalid(new RegExp(`sample ${pool.ids[6]} holds NaN`)));
      });

      test(`refuses a pool without ${signal}`, () => {
        const pool = syntheticPool(7, 2);
        const { [signal]: _, ...others } = pool.signals;
        assert.throws(() => pick({ ...pool, signals: others }, 2), invalid(/needs it, and it is missing/));
      });

      test(`refuses ${signal} of another number of samples`, () => {
        const pool = syntheticPool(7, 2);
        const signals = { ...pool.signals, [signal]: syntheticPool(6, 2).signals[signal] };
        assert.throws(() => pick({ ...pool, signals }, 2), invalid(/must have the shape/));
      });
    }

    test('reads nothing that its descriptor does not declare', () => {
      const pool = syntheticPool(9, 3);
      const declared = Object.entries(pool.signals).filter(([name]) => isDeclared(strategy, name));
      const { labelled } = pool;
      const bare: PoolView = {
        ids: pool.ids,
        signals: Object.fromEntries(declared),
        ...(descriptor.labelledSignals.length > 0 && labelled !== undefined ? { labelled } : {}),
      };
      assert.deepEqual(pick(bare, 4), pick(pool, 4));
    });
  });
}

/** The refusal of bad input whose message matches. */
export function invalid(message: RegExp): (thrown: unknown) => boolean {
  return (thrown) => {
    assert.ok(thrown instanceof AppError, String(thrown));
    assert.equal(thrown.code, 'invalid-argument');
    assert.match(thrown.message, message);
    return true;
  };
}

/** Positions of the pool's ids as `ids` in hand-computed cases: sample i has id 10 · i unless given. */
export function handPool(signals: PoolView['signals'], ids?: readonly number[]): PoolView {
  const any = signals.probabilities ?? signals.z;
  const size = any?.shape[0] ?? signals.monteCarlo?.shape[1] ?? 0;
  return { ids: Int32Array.from(ids ?? Array.from({ length: size }, (_, i) => 10 * i)), signals };
}

/** A matrix from its rows. */
export function rows(...values: readonly (readonly number[])[]): NdArray<'float32'> {
  const width = values[0]?.length ?? 0;
  return ndarray('float32', [values.length, width], Float32Array.from(values.flat()));
}

export function select(strategy: Strategy, pool: PoolView, k: number, raw?: Parameters, seed = 1): Selection {
  return strategy.select(pool, k, parseParameters(strategy.descriptor, raw), namedRandom(seed, 'pick'));
}

function each(check: (pool: PoolView, k: number, seed: number) => void): void {
  const cases = fc.tuple(fc.integer({ min: 1, max: 30 }), fc.nat(10_000), fc.nat(10_000), fc.nat(4));
  fc.assert(
    fc.property(cases, ([size, k, seed, labelled]) => {
      check(syntheticPool(size, seed, labelled), 1 + (k % size), seed);
    }),
    { numRuns: 60 },
  );
}

function isDeclared(strategy: Strategy, name: string): boolean {
  const declared: readonly string[] = strategy.descriptor.signals;
  return declared.includes(name);
}

function distributions(size: number, classes: number, random: Random): Float32Array {
  const logits = withCopies(size, classes, () => 3 * random.normal());
  const result = new Float32Array(size * classes);
  for (let row = 0; row < size; row++) {
    const from = row * classes;
    const weights = Array.from(logits.subarray(from, from + classes), (x) => Math.exp(x));
    const sum = weights.reduce((a, b) => a + b, 0);
    const certain = row % 7 === 6;
    for (let c = 0; c < classes; c++) {
      result[from + c] = certain ? Number(c === row % classes) : (weights[c] as number) / sum;
    }
  }
  return result;
}

function withCopies(size: number, width: number, draw: () => number): Float32Array {
  const values = Float32Array.from({ length: size * width }, draw);
  for (let row = 3; row < size; row += 4) values.copyWithin(row * width, (row - 1) * width, row * width);
  return values;
}

function permuted(pool: PoolView, random: Random): PoolView {
  const order = permutation(pool.ids.length, random);
  const labelledOrder = permutation(pool.labelled?.ids.length ?? 0, random);
  const reordered = <S extends Signal>(signals: { [P in S]?: NdArray<'float32'> }, by: Int32Array) =>
    Object.fromEntries(
      Object.entries<NdArray<'float32'> | undefined>(signals).flatMap(([name, array]) =>
        array === undefined ? [] : [[name, reorderedRows(array, by)]],
      ),
    );
  const { labelled } = pool;
  return {
    ids: order.map((position) => pool.ids[position] as number),
    signals: reordered(pool.signals, order),
    ...(labelled && {
      labelled: {
        ids: labelledOrder.map((position) => labelled.ids[position] as number),
        signals: reordered(labelled.signals, labelledOrder),
      },
    }),
  };
}

function permutation(length: number, random: Random): Int32Array {
  return shuffle(
    Int32Array.from({ length }, (_, i) => i),
    random,
  );
}

/** Reorders the rows of an N x W array, or those of every pass of a T x N x W one. */
function reorderedRows(array: NdArray<'float32'>, by: Int32Array): NdArray<'float32'> {
  const width = array.shape.at(-1) ?? 0;
  const data = new Float32Array(array.data.length);
  const passes = by.length === 0 ? 0 : array.data.length / (width * by.length);
  for (let pass = 0; pass < passes; pass++) {
    const base = pass * by.length;
    by.forEach((from, to) => {
      const start = (base + from) * width;
      data.set(array.data.subarray(start, start + width), (base + to) * width);
    });
  }
  return ndarray('float32', array.shape, data);
}
