// Select tasks on signals in shards, as large pools have them.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { AppError, type NdArray, namedRandom, ndarray, scalarMatrices } from '@alarena/core';
import { type ArrayRef, FilesystemStore, type ObjectStore, putArray } from '@alarena/store';
import { getStrategy, parseParameters } from '@alarena/strategies';
import {
  anyNumerics,
  type InferInputs,
  type InferResult,
  putIds,
  putResult,
  type SelectInputs,
  semantics,
  taskKey,
} from '@alarena/tasks';
import { expectAppError } from '@alarena/testkit';
import { drawsOf } from './draws.js';
import { runSelect } from './run-select.js';

const [passes, samples, classes] = [4, 1000, 3];
const ids = Int32Array.from({ length: samples }, (_, i) => 2 * i + 1);

function distributions(seed: string): Float32Array {
  const random = namedRandom(seed);
  const values = Float32Array.from({ length: samples * classes }, () => random.uniform() + 1e-3);
  for (let row = 0; row < samples; row++) {
    const one = values.subarray(row * classes, (row + 1) * classes);
    const sum = one.reduce((a, b) => a + b, 0);
    one.forEach((value, c) => {
      one[c] = value / sum;
    });
  }
  return values;
}

const probabilities = ndarray('float32', [samples, classes], distributions('p'));
const monteCarlo = ndarray(
  'float32',
  [passes, samples, classes],
  Float32Array.from(Array.from({ length: passes }, (_, t) => [...distributions(`q${t}`)]).flat()),
);
const normal = namedRandom('z');
const z = ndarray(
  'float32',
  [samples, 5],
  Float32Array.from({ length: samples * 5 }, () => normal.normal()),
);

/** Rows of an N x W or a T x N x W array. */
function rowsOf(array: NdArray<'float32'>, from: number, to: number): NdArray<'float32'> {
  const [rows = 0, width = 0] = array.shape.slice(-2);
  const lead = array.shape.length === 3 ? (array.shape[0] ?? 0) : 1;
  const data = Array.from({ length: lead }, (_, t) => [
    ...array.data.subarray((t * rows + from) * width, (t * rows + to) * width),
  ]);
  return ndarray('float32', array.shape.with(-2, to - from), Float32Array.from(data.flat()));
}

describe('a select task', () => {
  let folder: string;
  let store: ObjectStore;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alarena-select-'));
    store = new FilesystemStore(folder);
  });
  after(() => rm(folder, { recursive: true }));

  async function shards(array: NdArray<'float32'>, cuts: readonly number[]): Promise<ArrayRef[]> {
    const ends = [...cuts, samples];
    return Promise.all(ends.map((end, at) => putArray(store, rowsOf(array, ends[at - 1] ?? 0, end))));
  }

  /** Stores signals as an infer task would, in shards that end at `cuts`. */
  async function select(
    strategy: string,
    cuts: readonly number[],
    options: {
      signal?: AbortSignal;
      progress?: (fraction: number) => void;
      change?: (result: InferResult) => InferResult | Promise<InferResult>;
    } = {},
  ) {
    const { descriptor } = getStrategy(strategy);
    const pool = await putIds(store, ids);
    const labelled = await putIds(store, []);
    const inputs: InferInputs = {
      ...{
        fit: cuts.join(),
        samples: pool,
        probabilities: true,
        layers: ['z', 'a0', 'a1', 'a2'],
        monteCarloPasses: passes,
      },
    };
    const task = { kind: 'infer', semantics: semantics.infer, numerics: anyNumerics, inputs } as const;
    const layer = await shards(z, cuts);
    const result: InferResult = {
      probabilities: await shards(probabilities, cuts),
      monteCarlo: await shards(monteCarlo, cuts),
      layers: { z: layer, a0: layer, a1: layer, a2: layer },
    };
    // Another result of the same task would not be put.
    const changed = (await options.change?.(result)) ?? result;
    const named = { ...task, inputs: { ...inputs, fit: JSON.stringify(changed) } };
    await putResult(store, named, changed, 0);
    const query: SelectInputs = {
      ...{
        strategy,
        parameters: parseParameters(descriptor, undefined),
        k: 20,
        seed: 3,
        round: 1,
        entry: strategy,
        pool,
        labelled,
      },
      poolSignals: descriptor.signals.length > 0 ? taskKey(named) : null,
      labelledSignals: null,
    };
    const handler = runSelect({ store, matrices: scalarMatrices, threads: 2 });
    const { signal = new AbortController().signal, progress = () => {} } = options;
    return { query, result: await handler(query, { key: '', signal, rewriteBlobs: false, progress }) };
  }

  const compared = ['margin', 'entropy', 'bald', 'power_bald', 'random', 'mb_outliers_mean_entropy', 'badge'];
  for (const strategy of compared) {
    test(`of ${strategy} picks the same of shards as of the whole`, async () => {
      const { query, result } = await select(strategy, [100, 500, 501]);
      const whole = { ids, signals: { probabilities, monteCarlo, z, a0: z, a1: z, a2: z } };
      assert.deepEqual(result, getStrategy(strategy).select(whole, 20, query.parameters, drawsOf(query)));
      assert.deepEqual((await select(strategy, [])).result, result);
    });
  }

  test('tells how far it is', async () => {
    const told: number[] = [];
    await select('margin', [100, 200, 300], { progress: (fraction) => told.push(fraction) });
    assert.deepEqual(told, [0.25, 0.5, 0.75, 1]);
  });

  test('names the sample of a value that no model gives, in whichever shard', async () => {
    const spoilt = rowsOf(probabilities, 0, samples);
    spoilt.data[700 * classes] = Number.NaN;
    const change = async (result: InferResult) => ({
      ...result,
      probabilities: await shards(spoilt, [100, 650]),
    });
    const error = await expectAppError('invalid-argument', select('margin', [100, 650], { change }));
    assert.match(error.message, new RegExp(`sample ${ids[700]} holds NaN`));
    assert.equal(error.reason, 'BAD_SIGNAL');
  });

  test('blames the infer task for a shard that is gone, or cut elsewhere', async () => {
    const gone = (result: InferResult): InferResult => {
      const [first, ...others] = result.probabilities as ArrayRef[];
      assert.ok(first);
      const sha256 = 'f'.repeat(64);
      const uri = first.uri.replace(first.sha256, sha256).replace(`/${first.sha256.slice(0, 2)}/`, '/ff/');
      return { ...result, probabilities: [...others.slice(0, 1), { ...first, sha256, uri }] };
    };
    const cut = async (result: InferResult) => ({
      ...result,
      z: [],
      probabilities: await shards(probabilities, [3]),
    });
    for (const [strategy, change] of [
      ['margin', gone],
      ['badge', cut],
    ] as const) {
      const error = await expectAppError('data-loss', select(strategy, [900], { change }));
      assert.equal(error.facts.producerKind, 'infer');
    }
  });

  test('ends when it is cancelled', async () => {
    const controller = new AbortController();
    const reason = new AppError('cancelled', 'no longer wanted');
    const progress = (): void => controller.abort(reason);
    const cancelled = select('margin', [100, 200, 300], { signal: controller.signal, progress });
    assert.equal(await expectAppError('cancelled', cancelled), reason);
  });

  test('of a strategy whose signal was not inferred is refused', async () => {
    const change = (result: InferResult): InferResult => ({ ...result, monteCarlo: null });
    const error = await expectAppError('failed-precondition', select('bald', [500], { change }));
    assert.equal(error.reason, 'SIGNAL_MISSING');
  });
});
