// That a strategy's result does not depend on who multiplies, as one test: for tests only.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namedRandom, ndarray, scalarMatrices } from '@alarena/core';
import { roughMatrices } from '../algorithms/rough-matrices.js';
import { type Parameters, parseParameters } from '../parameters.js';
import type { PoolView, Strategy } from '../strategy.js';
import { syntheticPool } from '../synthetic-pool.js';

export function sameWithAnyMatrices(strategy: Strategy, raw?: Parameters): void {
  test(`${strategy.descriptor.name} picks the same whoever multiplies`, () => {
    for (let seed = 0; seed < 15; seed++) {
      const pool = farFromOrigin(syntheticPool(70, seed, 9), seed % 3);
      const pick = (matrices = scalarMatrices) =>
        strategy.select(pool, 20, parseParameters(strategy.descriptor, raw), namedRandom(seed), {
          matrices,
          progress: () => {},
        });
      const expected = pick();
      for (const other of [1, 2]) assert.deepEqual(pick(roughMatrices(other)), expected, `seed ${seed}`);
    }
  });
}

/** Features moved away from the origin, so that errors of products are large beside distances. */
function farFromOrigin(pool: Required<PoolView>, shift: number): PoolView {
  const moved = <V extends Required<PoolView>['labelled'] | PoolView>(view: V): V => {
    const { z } = view.signals;
    if (z === undefined) return view;
    const data = z.data.map((value) => value + 20 * shift);
    return { ...view, signals: { ...view.signals, z: ndarray('float32', z.shape, data) } };
  };
  return { ...moved(pool), labelled: moved(pool.labelled) };
}
