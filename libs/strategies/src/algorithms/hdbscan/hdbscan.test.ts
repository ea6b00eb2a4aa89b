import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { type NdArray, namedRandom, ndarray, scalarMatrices, shuffle } from '@alarena/core';
import { invalid, rows } from '../../property-suite.js';
import { plainTools } from '../../tools.js';
import { roughMatrices } from '../rough-matrices.js';
import type { Clustering } from './clusters.js';
import { densityHierarchy, hdbscan } from './hdbscan.js';

interface Case {
  set: string;
  minClusterSize: number;
  minSamples: number;
  treeTotal: number;
  ties: number;
  labels: number[];
  glosh?: number[];
  probabilities?: number[];
  persistence?: number[];
  agreement?: number;
  gloshFrom?: number[];
  gloshTo?: number[];
}

interface Vectors {
  tolerance: number;
  sets: Record<string, number[]>;
  cases: Case[];
}

const testdata = new URL('../../../testdata/hdbscan/', import.meta.url);

function vectors(name: string): Vectors {
  return JSON.parse(readFileSync(new URL(name, testdata), 'utf8'));
}

function recordedSet(name: string, [size, width]: readonly number[]): NdArray<'float32'> {
  const bytes = readFileSync(new URL(`${name}.f32`, testdata));
  return ndarray('float32', [size!, width!], new Float32Array(new Uint8Array(bytes).buffer));
}

/** As `made` in tools/reference/strategies/hdbscan_cases.py has it. */
function madeSet([size, width, clusters, spread, noise]: readonly number[]): NdArray<'float32'> {
  let state = 12345;
  const draw = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 16) / 65_536;
  };
  const centre = () => Array.from({ length: width! }, () => Math.floor((draw() - 0.5) * 64 * spread!) / 16);
  const centres = Array.from({ length: clusters! }, centre);
  const x = Array.from({ length: size! }, (_, row) => {
    const of = centres[Math.floor(draw() * clusters!)]!;
    const reach = row % noise! === noise! - 1 ? 4 : 1;
    return of.map((value) => value + (draw() + draw() + draw() - 1.5) * reach);
  });
  return rows(...x);
}

function treeTotal(x: NdArray<'float32'>, minSamples: number): number {
  return densityHierarchy(x, minSamples, plainTools).distance.reduce((sum, distance) => sum + distance, 0);
}

/** The reference's cluster of each of ours. Fails unless both part the samples in the same way. */
function renaming(ours: Int32Array, theirs: readonly number[]): Map<number, number> {
  const names = new Map<number, number>([[-1, -1]]);
  ours.forEach((label, at) => {
    if (!names.has(label)) names.set(label, theirs[at]!);
    assert.equal(theirs[at], names.get(label), `sample ${at} of our cluster ${label}`);
  });
  assert.equal(new Set(names.values()).size, names.size);
  return names;
}

function assertNear(ours: Float64Array, theirs: readonly number[], tolerance: number): void {
  ours.forEach((value, at) => {
    assert.ok(Math.abs(value - theirs[at]!) <= tolerance, `${at}: ${value}, expected ${theirs[at]}`);
  });
}

function assertAsRecorded(ours: Clustering, expected: Case, tolerance: number): void {
  const { glosh, probabilities, persistence } = expected;
  assert.ok(glosh && probabilities && persistence);
  const names = renaming(ours.labels, expected.labels);
  assertNear(ours.glosh, glosh, tolerance);
  assertNear(ours.probabilities, probabilities, tolerance);
  assertNear(
    ours.persistence,
    Array.from(ours.persistence, (_, cluster) => persistence[names.get(cluster)!]!),
    tolerance,
  );
}

/** The share of pairs of samples that both put together or both apart. */
function agreement(ours: Int32Array, theirs: readonly number[]): number {
  let same = 0;
  for (let i = 0; i < ours.length; i++) {
    for (let j = 0; j < i; j++) same += Number((ours[i] === ours[j]) === (theirs[i] === theirs[j]));
  }
  return same / ((ours.length * (ours.length - 1)) / 2);
}

for (const [file, set] of [
  ['recorded.json', recordedSet],
  ['made.json', (_: string, rule: readonly number[]) => madeSet(rule)],
] as const) {
  const { tolerance, sets, cases } = vectors(file);
  const inputs = new Map(Object.entries(sets).map(([name, shape]) => [name, set(name, shape)]));
  describe(`hdbscan 0.8.44 on the sets of ${file}`, () => {
    for (const expected of cases) {
      const { minClusterSize, minSamples, ties } = expected;
      const x = inputs.get(expected.set)!;
      const name = `${expected.set}, clusters of ${minClusterSize}, min_samples ${minSamples}`;
      test(`${name}: ${ties === 0 ? 'the same clusters and scores' : `within its own spread, ${ties} ties`}`, () => {
        const total = treeTotal(x, minSamples);
        assert.ok(Math.abs(total - expected.treeTotal) <= 1e-9 * total, `${total}, ${expected.treeTotal}`);
        const ours = hdbscan(x, { minClusterSize, minSamples }, plainTools);
        if (ties === 0) return assertAsRecorded(ours, expected, tolerance);
        assert.ok(agreement(ours.labels, expected.labels) >= expected.agreement! - 0.02);
        ours.glosh.forEach((score, at) => {
          const [from, to] = [expected.gloshFrom![at]! - tolerance, expected.gloshTo![at]! + tolerance];
          assert.ok(score >= from && score <= to, `${at}: ${score}, expected ${from} to ${to}`);
        });
      });
    }
  });
}

describe('HDBSCAN', () => {
  const set = vectors('made.json').sets;
  const [low, high] = [madeSet(set.blobs4!), madeSet(set.nested64!)];
  const options = { minClusterSize: 10, minSamples: 3 };

  test('does not depend on the order of the rows where no distances tie, but for the names of clusters', () => {
    for (const x of [low, high]) {
      const expected = hdbscan(x, { minClusterSize: 10, minSamples: 1 }, plainTools);
      const [size = 0, width = 0] = x.shape;
      const order = shuffle(
        Int32Array.from({ length: size }, (_, i) => i),
        namedRandom(1, 'order'),
      );
      const data = new Float32Array(x.data.length);
      order.forEach((row, at) => {
        data.set(x.data.subarray(row * width, (row + 1) * width), at * width);
      });
      const ours = hdbscan(
        ndarray('float32', [size, width], data),
        { minClusterSize: 10, minSamples: 1 },
        plainTools,
      );
      renaming(
        ours.labels,
        Array.from(order, (row) => expected.labels[row]!),
      );
      assertNear(
        ours.glosh,
        Array.from(order, (row) => expected.glosh[row]!),
        1e-12,
      );
    }
  });

  test('does not depend on who multiplies, within the bound of the port', () => {
    for (const minSamples of [1, 3, 12]) {
      const expected = hdbscan(high, { minClusterSize: 10, minSamples }, plainTools);
      for (const seed of [1, 2]) {
        const tools = { ...plainTools, matrices: roughMatrices(seed) };
        assert.deepEqual(hdbscan(high, { minClusterSize: 10, minSamples }, tools), expected);
      }
    }
  });

  test('numbers clusters by their first rows', () => {
    const { labels, clusters } = hdbscan(low, options, plainTools);
    const firsts = Array.from({ length: clusters }, (_, cluster) => labels.indexOf(cluster));
    assert.deepEqual(
      firsts,
      firsts.slice().sort((a, b) => a - b),
    );
  });

  test('does not see an offset or a scale', () => {
    for (const x of [low, high]) {
      const expected = hdbscan(x, options, plainTools);
      // Powers of two and multiples of the values' grid leave distances exact up to their scale.
      for (const [scale, offset] of [
        [2 ** 40, 0],
        [2 ** -40, 0],
        [1, 64],
      ] as const) {
        const moved = ndarray(
          'float32',
          x.shape,
          x.data.map((value) => value * scale + offset),
        );
        const ours = hdbscan(moved, options, plainTools);
        assert.deepEqual(ours.labels, expected.labels);
        assertNear(ours.glosh, Array.from(expected.glosh), 1e-12);
      }
    }
  });

  for (const width of [2, 40]) {
    const point = (value: number) => Array.from({ length: width }, () => value);

    test(`of no, one, two and three points in ${width} dimensions has no cluster`, () => {
      for (const size of [0, 1, 2, 3]) {
        const x = ndarray('float32', [size, width], rows(...[0, 1, 3].slice(0, size).map(point)).data);
        const { labels, clusters, glosh, probabilities } = hdbscan(
          x,
          { minClusterSize: 2, minSamples: 1 },
          plainTools,
        );
        assert.equal(clusters, 0);
        assert.deepEqual(labels, new Int32Array(size).fill(-1));
        assert.deepEqual(probabilities, new Float64Array(size));
        assert.equal(glosh.length, size);
        if (size === 3) assertNear(glosh, [0, 0, 0.5], 1e-12);
      }
    });

    test(`of copies of one point in ${width} dimensions has no cluster and no outlier`, () => {
      const x = rows(...Array.from({ length: 30 }, () => point(3)));
      const { clusters, glosh } = hdbscan(x, { minClusterSize: 5, minSamples: 4 }, plainTools);
      assert.equal(clusters, 0);
      assert.deepEqual(glosh, new Float64Array(30));
    });

    test(`keeps copies together in ${width} dimensions: those within are no outliers, all else is`, () => {
      const x = rows(...Array.from({ length: 24 }, (_, i) => point([0, 10, 0, 10, 0, 10, 12, 1][i % 8]!)));
      const { labels, glosh, probabilities, persistence } = hdbscan(
        x,
        { minClusterSize: 4, minSamples: 1 },
        plainTools,
      );
      assert.deepEqual(Array.from(labels.subarray(0, 8)), [0, 1, 0, 1, 0, 1, 1, 0]);
      assert.deepEqual(Array.from(glosh.subarray(0, 8)), [0, 0, 0, 0, 0, 0, 1, 1]);
      assert.deepEqual(Array.from(probabilities.subarray(0, 8)), [1, 1, 1, 1, 1, 1, 0, 0]);
      assert.deepEqual(persistence, Float64Array.of(1, 1));
    });
  }

  test('refuses NaN by its row, and sizes that are none', () => {
    const x = rows([1, 2], [3, Number.NaN], [4, 5]);
    assert.throws(() => hdbscan(x, options, plainTools), invalid(/x: row 1 holds NaN/));
    const fine = rows([1], [2]);
    assert.throws(
      () => hdbscan(fine, { minClusterSize: 1, minSamples: 1 }, plainTools),
      invalid(/minClusterSize/),
    );
    assert.throws(
      () => hdbscan(fine, { minClusterSize: 2, minSamples: 0 }, plainTools),
      invalid(/minSamples/),
    );
    const flat = ndarray('float32', [2], Float32Array.of(1, 2));
    assert.throws(
      () => hdbscan(flat, options, plainTools),
      invalid(/x: must have the shape rows x width, got 2/),
    );
  });

  test('takes fewer points than min_samples', () => {
    const { distance } = densityHierarchy(rows([0], [1], [5]), 100, plainTools);
    assert.deepEqual(distance, Float64Array.of(5, 5));
  });

  test('tells its progress, which grows to 1, and ends when told to', () => {
    const told: number[] = [];
    hdbscan(high, options, { ...plainTools, progress: (fraction) => told.push(fraction) });
    assert.equal(told.at(-1), 1);
    assert.deepEqual(
      told,
      told.slice().sort((a, b) => a - b),
    );
    let held = 0;
    const matrices = {
      ...scalarMatrices,
      hold: (matrix: NdArray<'float32'>) => {
        held++;
        const inner = scalarMatrices.hold(matrix);
        return Object.assign(inner, { release: () => held-- });
      },
    };
    const stop = () => {
      throw new Error('cancelled');
    };
    assert.throws(() => hdbscan(high, options, { matrices, progress: stop }), /cancelled/);
    assert.equal(held, 0);
  });
});
