// What every strategy must keep, as one suite that each strategy's test calls: for tests only.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AppError, type NdArray, namedRandom, ndarray } from '@alarena/core';
import fc from 'fast-check';
import { type Parameters, parseParameters } from './parameters.js';
import { rankParts, selectFromParts, selectionOfRankings } from './parts.js';
import { rowsAt } from './rows-at.js';
import type { KnownSignal, KnownView, PoolView, Selection, Strategy } from './strategy.js';
import { partsOf, permuted, syntheticPool } from './synthetic-pool.js';

export { syntheticPool } from './synthetic-pool.js';

interface SuiteOptions {
  /** Strategies that draw nothing must also give the same for every seed. */
  readonly draws: boolean;
  /** Fewer labelled samples must be refused. Default: 0. */
  readonly leastLabelled?: number;
  /** Other than the defaults, for a strategy that takes long with them. */
  readonly parameters?: Parameters;
  /** Random pools per property. Default: 60; fewer for a strategy that trains. */
  readonly runs?: number;
}

/** Registers the suite for one strategy. */
export function strategySuite(
  strategy: Strategy,
  { draws, leastLabelled = 0, runs = 60, parameters: chosen }: SuiteOptions,
): void {
  const { descriptor } = strategy;
  const { labelledSignals, validationSignals = [], leastPasses = 1 } = descriptor;
  const parameters = parseParameters(descriptor, chosen);
  const pick = (pool: PoolView, k: number, seed = 1): Selection =>
    strategy.select(pool, k, parameters, namedRandom(seed, 'pick'));
  const poolOf = (size: number, seed: number, moreLabelled = 3) =>
    syntheticPool(size, seed, leastLabelled + moreLabelled, Math.max(3, leastPasses));
  const each = (check: (pool: Required<PoolView>, k: number, seed: number) => void): void => {
    const cases = fc.tuple(fc.integer({ min: 1, max: 30 }), fc.nat(10_000), fc.nat(10_000), fc.nat(4));
    fc.assert(
      fc.property(cases, ([size, k, seed, labelled]) => {
        check(poolOf(size, seed, labelled), 1 + (k % size), seed);
      }),
      { numRuns: runs },
    );
  };

  describe(`${descriptor.name} keeps what every strategy keeps`, () => {
    test('picks exactly k distinct ids of the pool, each with a finite score', () => {
      each((pool, k, seed) => assertQuery(pick(pool, k, seed), pool, k));
    });

    test('also where every sample is certain, and where all are copies of one', () => {
      each((pool, k, seed) => {
        const certain = { ...pool, signals: { ...pool.signals, ...oneHot(pool) } };
        assertQuery(pick(certain, k, seed), pool, k);
        const copies = { ...rowsAt(pool, new Int32Array(pool.ids.length)), ids: pool.ids };
        const query = pick(copies, k, seed);
        assertQuery(query, pool, k);
        assert.deepEqual(pick(permuted(copies, namedRandom(seed, 'permutation')), k, seed), query);
      });
    });

    test('gives the same for every order of the pool, of the labelled and of the validation set', () => {
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

    test(draws ? 'picks something else for another seed' : 'does not depend on the seed', () => {
      const pool = poolOf(40, 11);
      const queries = [1, 2, 3, 4].map((seed) => JSON.stringify(pick(pool, 10, seed)));
      assert.equal(new Set(queries).size > 1, draws);
    });

    if (strategy.byParts) {
      test('gives the same of parts of any sizes in any order as of the whole', () => {
        each((pool, k, seed) => {
          const parts = partsOf(pool, namedRandom(seed, 'parts'));
          const selection = selectFromParts(strategy, parts, k, parameters, namedRandom(seed, 'pick'));
          assert.deepEqual(selection, pick(pool, k, seed));
        });
      });

      test('gives the same where several rank some of the parts each', () => {
        each((pool, k, seed) => {
          const rankers = [0, 1, 2].map(() => rankParts(strategy, k, parameters, namedRandom(seed, 'pick')));
          partsOf(pool, namedRandom(seed, 'parts')).forEach((part, at) => {
            rankers[at % rankers.length]!.offer(part);
          });
          const rankings = rankers.map((ranker) => ranker.result());
          const size = pool.ids.length;
          assert.deepEqual(selectionOfRankings(strategy, rankings, k, parameters, size), pick(pool, k, seed));
        });
      });
    }

    test('k = N returns the pool', () => {
      each((pool) => assertQuery(pick(pool, pool.ids.length), pool, pool.ids.length));
    });

    test('refuses k > N, k < 1, an empty pool and ids that repeat', () => {
      const pool = poolOf(5, 1);
      assert.throws(() => pick(pool, 6), invalid(/k: must be at most the pool's size, 5, got 6/));
      assert.throws(() => pick(pool, 0), invalid(/k: must be an integer in \[1, 5\], got 0/));
      assert.throws(() => pick(pool, 1.5), invalid(/got 1\.5/));
      assert.throws(() => pick(poolOf(0, 1), 1), invalid(/the pool is empty/));
      const twice = { ...pool, ids: Int32Array.of(1, 2, 3, 2, 5) };
      assert.throws(() => pick(twice, 1), invalid(/must be distinct, got 2 twice/));
    });

    for (const signal of descriptor.signals) {
      test(`refuses NaN in ${signal} and names the sample id`, () => {
        const pool = poolOf(7, 2);
        spoilLastRow(pool.signals[signal]);
        assert.throws(() => pick(pool, 2), invalid(new RegExp(`sample ${pool.ids[6]} holds NaN`)));
      });

      test(`refuses a pool without ${signal}`, () => {
        const pool = poolOf(7, 2);
        const { [signal]: _, ...others } = pool.signals;
        assert.throws(() => pick({ ...pool, signals: others }, 2), invalid(/needs it, and it is missing/));
      });

      test(`refuses ${signal} of another number of samples`, () => {
        const pool = poolOf(7, 2);
        const signals = { ...pool.signals, [signal]: poolOf(6, 2).signals[signal] };
        assert.throws(() => pick({ ...pool, signals }, 2), invalid(/must have the shape/));
      });
    }

    for (const set of ['labelled', 'validation'] as const) {
      const needed = set === 'labelled' ? labelledSignals : validationSignals;
      if (needed.length === 0) continue;
      test(`refuses a ${set} set that is missing, lacks a signal or holds NaN`, () => {
        const { [set]: known, ...others } = poolOf(7, 2);
        assert.throws(() => pick(others, 2), invalid(new RegExp(`${set}: `)));
        const { ids } = known;
        assert.throws(() => pick({ ...others, [set]: { ids, signals: {} } }, 2), invalid(/it is missing/));
        for (const signal of needed) {
          if (signal === 'labels') continue;
          const spoilt = structuredClone(known);
          spoilLastRow(spoilt.signals[signal]);
          const message = new RegExp(`sample ${ids.at(-1)} holds NaN`);
          assert.throws(() => pick({ ...others, [set]: spoilt }, 2), invalid(message));
        }
      });
    }

    if (leastLabelled > 0) {
      test('refuses too few labelled samples', () => {
        assert.throws(() => pick(syntheticPool(7, 2, leastLabelled - 1), 2), invalid(/labelled/));
      });
    }

    if (leastPasses > 1) {
      test(`refuses fewer than ${leastPasses} Monte-Carlo passes`, () => {
        const message = new RegExp(
          `needs at least ${leastPasses} Monte-Carlo passes, got ${leastPasses - 1}`,
        );
        assert.throws(() => pick(syntheticPool(7, 2, 3, leastPasses - 1), 2), invalid(message));
      });
    }

    if (descriptor.classifier) {
      test('refuses a last layer that is missing or of another width', () => {
        const { classifier, ...others } = poolOf(7, 2);
        assert.throws(() => pick(others, 2), invalid(/classifier: .*missing/));
        const [classes = 0, width = 0] = classifier.shape;
        const wide = ndarray('float32', [classes, width + 1], new Float32Array(classes * (width + 1)));
        assert.throws(
          () => pick({ ...others, classifier: wide }, 2),
          invalid(/classifier: must have the shape/),
        );
      });
    }

    test('does not look at labels of the pool, where somebody smuggles them in', () => {
      const pool = poolOf(20, 5);
      const labelled = (labels: Int32Array) => {
        const signal = ndarray('float32', [labels.length, 1], Float32Array.from(labels));
        return { ...pool, labels, signals: { ...pool.signals, labels: signal } };
      };
      const classes = Int32Array.from(pool.ids, (_, i) => i % 2);
      const garbage = Int32Array.from(pool.ids, (id) => -id);
      assert.deepEqual(pick(labelled(garbage), 6), pick(labelled(classes), 6));
      assert.deepEqual(pick(pool, 6), pick(labelled(classes), 6));
    });

    test('reads nothing that its descriptor does not declare', () => {
      const pool = poolOf(9, 3);
      const bare: PoolView = {
        ids: pool.ids,
        signals: declared(pool.signals, descriptor.signals),
        ...(labelledSignals.length > 0 && { labelled: declaredOf(pool.labelled, labelledSignals) }),
        ...(validationSignals.length > 0 && { validation: declaredOf(pool.validation, validationSignals) }),
        ...(descriptor.classifier && { classifier: pool.classifier }),
      };
      assert.deepEqual(pick(bare, 4), pick(pool, 4));
    });
  });
}

function assertQuery({ ids, scores }: Selection, pool: PoolView, k: number): void {
  assert.equal(ids.length, k);
  assert.equal(new Set(ids).size, k);
  assert.equal(scores.length, k);
  for (const id of ids) assert.ok(pool.ids.includes(id), `${id} is not in the pool`);
  for (const score of scores) assert.ok(Number.isFinite(score), `score ${score}`);
}

/** The same shapes with all probability on one class, by turns. */
function oneHot({ signals }: Required<PoolView>): PoolView['signals'] {
  const certain = ({ shape, data }: NdArray<'float32'>): NdArray<'float32'> => {
    const classes = shape.at(-1) ?? 1;
    const values = data.map((_, at) => Number(at % classes === Math.floor(at / classes) % classes));
    return ndarray('float32', shape, values);
  };
  const { probabilities, monteCarlo } = signals;
  return {
    ...(probabilities && { probabilities: certain(probabilities) }),
    ...(monteCarlo && { monteCarlo: certain(monteCarlo) }),
  };
}

/** Of T x N x width arrays: of the last pass. */
function spoilLastRow(array: NdArray<'float32'> | undefined): void {
  assert.ok(array);
  array.data[array.data.length - (array.shape.at(-1) ?? 0)] = Number.NaN;
}

function declared(signals: PoolView['signals'], names: readonly string[]): PoolView['signals'] {
  return Object.fromEntries(Object.entries(signals).filter(([name]) => names.includes(name)));
}

function declaredOf(known: KnownView, names: readonly KnownSignal[]): KnownView {
  const { ids, signals, labels } = known;
  return {
    ids,
    signals: declared(signals, names),
    ...(names.includes('labels') && labels && { labels }),
  };
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
  const any = signals.probabilities ?? signals.z ?? signals.h;
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
