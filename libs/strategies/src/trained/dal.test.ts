import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { namedRandom, ndarray } from '@alarena/core';
import { invalid, select, strategySuite, syntheticPool } from '../property-suite.js';
import type { PoolView } from '../strategy.js';
import { dal } from './dal.js';

strategySuite(dal, {
  ...{ draws: true, leastLabelled: 2, runs: 20 },
  parameters: { epochs: 2, least_steps: 4, sub_batches: 3 },
});

const WIDTH = 5;

/** Clusters around 10 e_c, `sizes[c]` samples each by ascending id, of which the first `labelled[c]` are labelled. */
function clusters(sizes: readonly number[], labelled: readonly number[]): PoolView {
  const random = namedRandom(9, 'clusters');
  const samples = sizes.flatMap((size, cluster) =>
    Array.from({ length: size }, (_, at) => ({
      id: 1000 * cluster + at,
      known: at < labelled[cluster]!,
      row: Array.from({ length: WIDTH }, (_value, j) => random.normal() + (j === cluster ? 10 : 0)),
    })),
  );
  const view = (known: boolean) => {
    const of = samples.filter((sample) => sample.known === known);
    return {
      ids: Int32Array.from(of, ({ id }) => id),
      signals: {
        a1: ndarray('float32', [of.length, WIDTH], Float32Array.from(of.flatMap(({ row }) => row))),
      },
    };
  };
  return { ...view(false), labelled: view(true) };
}

describe('dal', () => {
  const given = clusters([100, 100, 40], [30, 30, 0]);

  test('picks from the cluster that has no labels', () => {
    const { ids, scores, notes, history } = select(dal, given, 30, { sub_batches: 1 });
    assert.ok(ids.every((id) => id >= 2000));
    assert.ok(scores.every((score, at) => score > 0.5 && (at === 0 || score <= scores[at - 1]!)));
    assert.deepEqual(notes, []);
    assert.equal(history?.length, 10);
  });

  test('with sub-batches picks others, trains for each, and counts their epochs on', () => {
    const two = clusters([100, 60, 60], [40, 0, 0]);
    const one = select(dal, two, 20, { sub_batches: 1 });
    const many = select(dal, two, 20, { sub_batches: 5, epochs: 4 });
    assert.notDeepEqual([...many.ids].sort(), [...one.ids].sort());
    assert.deepEqual(
      many.history?.map(({ epoch }) => epoch),
      Array.from({ length: 20 }, (_, at) => at + 1),
    );
    const perCluster = [1, 2].map(
      (cluster) => many.ids.filter((id) => Math.floor(id / 1000) === cluster).length,
    );
    assert.ok(Math.min(...perCluster) >= 5, `${perCluster} of the two clusters without labels`);
  });

  test('takes as many sub-batches as there are picks, where asked for more', () => {
    const { ids, history } = select(dal, given, 3, { sub_batches: 50, epochs: 2 });
    assert.equal(new Set(ids).size, 3);
    assert.equal(history?.length, 6);
  });

  test('picks the last sample of a pool without a training, and says so', () => {
    const pool = syntheticPool(3, 1, 4);
    const { scores, notes, history } = select(dal, pool, 3, { sub_batches: 3, epochs: 2 });
    assert.equal(scores[2], 0);
    assert.equal(history?.length, 4);
    assert.match(notes.join(), /the last sample of the pool is picked without a training/);
  });

  test('works where more is labelled than not', () => {
    // Eight samples are held back: of the first six seeds one keeps an early epoch by luck.
    const few = clusters([40, 40, 12], [35, 38, 0]);
    const right = [1, 2, 3, 4, 5, 6].filter((seed) =>
      select(dal, few, 6, { sub_batches: 1 }, seed).ids.every((id) => id >= 2000),
    );
    assert.ok(right.length >= 4, `${right}`);
  });

  test('says how many labelled samples it needs', () => {
    const message = /labelled: dal learns .* at least 2 must be labelled, got 0/;
    assert.throws(() => select(dal, syntheticPool(7, 2, 0), 2), invalid(message));
  });

  test('reports progress up to 1, and may be ended by it', () => {
    const fractions: number[] = [];
    const tools = {
      matrices: undefined as never,
      progress: (fraction: number) => {
        fractions.push(fraction);
        if (fraction > 0.5) throw new Error('enough');
      },
    };
    const parameters = { sub_batches: 2, epochs: 4, batch_size: 64, least_steps: 2, learning_rate: 0.01 };
    assert.throws(
      () => dal.select(given, 4, { ...parameters, dropout: 0.1 }, namedRandom(1), tools),
      /enough/,
    );
    assert.deepEqual(fractions, [0.125, 0.25, 0.375, 0.5, 0.625]);
  });
});
