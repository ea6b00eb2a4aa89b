import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { AppError, type NdArray, namedRandom, ndarray } from '@alarena/core';
import {
  getStrategy,
  type KnownView,
  type PoolView,
  parseParameters,
  type Strategy,
  strategies,
} from '@alarena/strategies';
import { temporaryFolder } from '@alarena/testkit';
import { labelledRows, npy, smallArrays, validationRows, writeArrays } from './arrays.fixture.js';
import { pickFromFiles } from './pick-from-files.js';
import { type PickRequest, type PickResult, signals } from './request.js';

const tinyBlocks = 100;

interface Files {
  readonly folder: string;
  request(strategy: string, more?: Partial<PickRequest>): PickRequest;
}

/** Requests name every file there is. */
async function files(t: TestContext, arrays?: Readonly<Record<string, NdArray>>): Promise<Files> {
  const folder = await temporaryFolder(t);
  await writeArrays(folder, arrays);
  const file = (name: string): string => join(folder, `${name}.npy`);
  return {
    folder,
    request: (strategy, more) => ({
      ...{ strategy, k: 7, seed: 4 },
      parameters: parseParameters(getStrategy(strategy).descriptor, undefined),
      arrays: Object.fromEntries(signals.map((signal) => [signal, file(signal)])),
      ...{ labels: file('labels'), classifier: file('classifier') },
      ...{ labelled: join(folder, 'labelled.json'), validation: file('validation') },
      ...more,
    }),
  };
}

function picked({ ids, scores }: PickResult): object {
  return { ids, scores };
}

function refused(pick: () => PickResult, message: RegExp): void {
  assert.throws(pick, (thrown) => {
    assert.ok(thrown instanceof AppError, String(thrown));
    assert.equal(thrown.code, 'invalid-argument');
    assert.match(thrown.message, message);
    return true;
  });
}

/** What the strategy picks of the same arrays when it is given them by hand. */
function byHand({ descriptor, select }: Strategy): object {
  const arrays = smallArrays();
  const known = new Set([...labelledRows, ...validationRows]);
  const total = arrays.labels.data.length;
  const poolRows = Array.from({ length: total }, (_, row) => row).filter((row) => !known.has(row));
  const rowsOf = ({ shape, data }: NdArray, wanted: readonly number[]): NdArray<'float32'> => {
    const [width = 0, rows = 0] = shape.toReversed();
    const values: number[] = [];
    for (let lead = 0; lead * rows * width < data.length; lead++) {
      for (const row of wanted) {
        const start = (lead * rows + row) * width;
        values.push(...data.subarray(start, start + width));
      }
    }
    return ndarray('float32', shape.with(-2, wanted.length), Float32Array.from(values));
  };
  const signalsOf = (rows: readonly number[]): PoolView['signals'] =>
    Object.fromEntries(signals.map((signal) => [signal, rowsOf(arrays[signal], rows)]));
  const view = (rows: readonly number[]): KnownView => ({
    ids: Int32Array.from(rows),
    signals: signalsOf(rows),
    labels: Int32Array.from(rows, (row) => arrays.labels.data[row]!),
  });
  const pool: PoolView = {
    ids: Int32Array.from(poolRows),
    signals: signalsOf(poolRows),
    labelled: view(labelledRows),
    validation: view(validationRows),
    classifier: arrays.classifier as NdArray<'float32'>,
  };
  const parameters = parseParameters(descriptor, undefined);
  const { ids, scores } = select(pool, 7, parameters, namedRandom(4, 0, 'pick', descriptor.name));
  return { ids, scores };
}

describe('every strategy picks of files what it picks of arrays', () => {
  for (const strategy of strategies) {
    const { name } = strategy.descriptor;
    test(name, async (t) => {
      const { request } = await files(t);
      const result = pickFromFiles(request(name));
      assert.deepEqual(picked(result), byHand(strategy));
      assert.equal(result.pool, 43);
      assert.ok(result.seconds > 0);
      assert.deepEqual(picked(pickFromFiles(request(name), undefined, tinyBlocks)), picked(result));
    });
  }
});

describe('rows', () => {
  test('without --labelled all are the pool, called by their position', async (t) => {
    const { request } = await files(t);
    const { labelled: _, validation: __, ...alone } = request('random', { k: 60 });
    const { ids, pool } = pickFromFiles(alone);
    assert.equal(pool, 60);
    assert.deepEqual(
      ids.toSorted((a, b) => a - b),
      Array.from({ length: 60 }, (_, row) => row),
    );
  });

  test('an array may have those of the pool alone; picks are still called by the rows of all', async (t) => {
    const all = await files(t);
    const whole = pickFromFiles(all.request('margin'));
    const arrays = smallArrays();
    const known = new Set([...labelledRows, ...validationRows]);
    const values = Array.from(arrays.probabilities.data).filter((_, at) => !known.has(Math.floor(at / 4)));
    const pool = ndarray('float32', [43, 4], Float32Array.from(values));
    const some = await files(t, { ...arrays, probabilities: pool });
    for (const blockBytes of [tinyBlocks, undefined]) {
      assert.deepEqual(picked(pickFromFiles(some.request('margin'), undefined, blockBytes)), picked(whole));
    }
    // Here the array is gathered, not scored in parts.
    assert.deepEqual(
      picked(pickFromFiles(some.request('badge'))),
      picked(pickFromFiles(all.request('badge'))),
    );
  });

  test('are refused where they repeat, are in two sets, are none or are no rows', async (t) => {
    const { folder, request } = await files(t);
    const labelled = join(folder, 'rows.json');
    for (const [text, message] of [
      ['[1, 2, 1]', /--labelled .*rows\.json: has row 1 twice/],
      ['[60]', /must have rows of the arrays, 0 to 59, got 60/],
      ['[-1]', /got -1/],
      ['[1.5]', /integers only, got 1\.5 at position 0/],
      ['{}', /must be a JSON list of integers/],
      ['[1', /must be a JSON list of integers/],
    ] as const) {
      await writeFile(labelled, text);
      refused(() => pickFromFiles(request('margin', { labelled })), message);
    }
    await writeFile(labelled, '[11]');
    refused(
      () => pickFromFiles(request('margin', { labelled })),
      /--validation .*: has row 11, which is in --labelled too/,
    );
  });
});

describe('what is missing or does not fit is refused by its option', () => {
  test('an array without rows, and a pool of which nothing is left', async (t) => {
    const empty = await files(t, { probabilities: ndarray('float32', [0, 4], new Float32Array(0)) });
    const alone = { arrays: { probabilities: join(empty.folder, 'probabilities.npy') } };
    refused(() => pickFromFiles(empty.request('margin', alone)), /--probabilities .*: has no rows/);
    const { folder, request } = await files(t);
    const labelled = join(folder, 'all.json');
    const others = Array.from({ length: 60 }, (_, row) => row).filter((row) => !validationRows.includes(row));
    await writeFile(labelled, JSON.stringify(others));
    refused(
      () => pickFromFiles(request('margin', { labelled })),
      /--labelled and --validation: leave nothing to pick: all 60 rows/,
    );
  });

  test('a mask in place of rows, and a class that is none', async (t) => {
    const { folder, request } = await files(t);
    const mask = npy(ndarray('uint8', [60], new Uint8Array(60)));
    const labelled = join(folder, 'mask.npy');
    await writeFile(labelled, Buffer.from(mask.toString('latin1').replace('|u1', '|b1'), 'latin1'));
    refused(() => pickFromFiles(request('margin', { labelled })), /mask\.npy: holds bool.*np\.flatnonzero/);
    const labels = join(folder, 'far.json');
    await writeFile(labels, JSON.stringify(Array(60).fill(2 ** 32 + 1)));
    const wrong = /--labels .*far\.json: must be classes from 0 on, got 4294967297 in row 3/;
    refused(() => pickFromFiles(request('alfa_mix', { labels })), wrong);
  });

  test('all that is missing at once, with the shape it must have', async (t) => {
    const { request } = await files(t);
    const nothing = request('badge', { arrays: {} });
    refused(
      () => pickFromFiles(nothing),
      /--probabilities: badge needs it: samples x classes\n.*--features: badge needs it: samples x width/,
    );
    refused(
      () => pickFromFiles(request('random', { arrays: {} })),
      /give one array, so that the number of samples is known/,
    );
  });

  test('the first bad row, by its place in the file', async (t) => {
    for (const [value, message] of [
      [Number.NaN, /--probabilities .*probabilities\.npy: row 23 holds NaN/],
      [-0.25, /row 23 holds -0\.25; each row must be probabilities: a softmax, not logits/],
      [0.999, /row 23 sums to .* instead of 1/],
    ] as const) {
      const arrays = smallArrays();
      const { data } = arrays.probabilities;
      data.set([value, 0.5, 0, 0], 23 * 4);
      data.set([Number.NaN], 57 * 4);
      const { request } = await files(t, arrays);
      for (const strategy of ['margin', 'badge']) {
        for (const blockBytes of [tinyBlocks, undefined]) {
          const pick = (): PickResult => pickFromFiles(request(strategy), undefined, blockBytes);
          refused(pick, message);
        }
      }
    }
  });

  test('another type, shape or number of rows', async (t) => {
    const arrays = smallArrays();
    for (const [wrong, message] of [
      [arrays.labels, /probabilities\.npy: holds int32; it must hold float32: np\.save/],
      [arrays.monteCarlo, /must have the shape samples x classes, got 50 x 60 x 4/],
      [
        ndarray('float32', [59, 4], new Float32Array(59 * 4)),
        /must have 60 samples \(all\) or 43 \(the pool\).* got 59/,
      ],
      [
        ndarray('float32', [60, 1], new Float32Array(60).fill(1)),
        /must have the shape .*classes \(at least 2\)/,
      ],
    ] as const) {
      const { request } = await files(t, { ...arrays, probabilities: wrong });
      refused(() => pickFromFiles(request('margin')), message);
    }
    const { folder, request } = await files(t);
    await writeFile(join(folder, 'z.npy'), npy(ndarray('float32', [43, 5], new Float32Array(43 * 5))));
    refused(
      () => pickFromFiles(request('coreset')),
      /--features .*z\.npy: has only the pool's 43 rows; coreset needs those of all 60 samples/,
    );
  });

  test('k above the pool', async (t) => {
    const { request } = await files(t);
    for (const strategy of ['margin', 'badge']) {
      const pick = (): PickResult => pickFromFiles(request(strategy, { k: 44 }));
      refused(pick, /-k: must be at most the pool's size, 43, got 44/);
    }
  });
});

test('the result says which files were not needed, and which were rounded', async (t) => {
  const { request } = await files(t);
  const { a0 = '', probabilities = '' } = request('margin').arrays;
  const { notes } = pickFromFiles(request('margin', { arrays: { a0, probabilities } }));
  assert.deepEqual(notes, ['--a0: margin needs no values of it, only its rows were counted']);
});
