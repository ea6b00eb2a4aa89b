import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type NdArray, ndarray } from '@alarena/core';
import fc from 'fast-check';
import { plainTools } from '../../tools.js';
import { squaredDistance } from '../../vectors.js';
import { roughMatrices } from '../rough-matrices.js';
import type { Edges } from './hierarchy.js';
import { KdTree } from './kd-tree.js';
import { ProductBlocks } from './product-blocks.js';
import { type NeighbourIndex, spanningTree } from './spanning-tree.js';

/** Distinct rows; small whole numbers, so that distances tie, or any. */
const points = fc
  .tuple(fc.integer({ min: 1, max: 5 }), fc.constantFrom(3, 1000), fc.nat())
  .chain(([width, range]) =>
    fc.uniqueArray(
      fc.array(fc.integer({ min: -range, max: range }), { minLength: width, maxLength: width }),
      {
        minLength: 1,
        maxLength: 60,
        selector: (row) => row.join(),
      },
    ),
  )
  .map((values) => ndarray('float32', [values.length, values[0]!.length], Float32Array.from(values.flat())));

function distance({ data, shape }: NdArray<'float32'>, a: number, b: number): number {
  const width = shape[1]!;
  return squaredDistance(data, a * width, data, b * width, width);
}

/** Squared distances to the nth nearest other point. */
function coresOf(x: NdArray<'float32'>, n: number): Float64Array {
  const size = x.shape[0]!;
  return Float64Array.from({ length: size }, (_, i) => {
    const others = Array.from({ length: size }, (_, j) => distance(x, i, j)).filter((_, j) => j !== i);
    return others.sort((a, b) => a - b)[Math.min(n, others.length) - 1] ?? 0;
  });
}

/** Kruskal over all pairs, by (mutual reachability, distance, lower, higher): what every index must come to. */
function expectedTree(x: NdArray<'float32'>, cores: Float64Array): string[] {
  const size = x.shape[0]!;
  const pairs: [number, number, number, number][] = [];
  for (let a = 0; a < size; a++) {
    for (let b = a + 1; b < size; b++) {
      const squared = distance(x, a, b);
      pairs.push([Math.max(squared, cores[a]!, cores[b]!), squared, a, b]);
    }
  }
  pairs.sort((p, q) => p[0] - q[0] || p[1] - q[1] || p[2] - q[2] || p[3] - q[3]);
  const set = Array.from({ length: size }, (_, i) => i);
  return pairs
    .filter(([, , a, b]) => {
      const [of, to] = [set[a]!, set[b]!];
      if (of === to) return false;
      set.forEach((own, at) => {
        if (own === of) set[at] = to;
      });
      return true;
    })
    .map(([weight, , a, b]) => `${a} ${b} ${weight}`)
    .sort();
}

function treeOf(index: NeighbourIndex, cores: Float64Array): string[] {
  const byPosition = Float64Array.from(index.points, (point) => cores[point]!);
  const { from, to, weight }: Edges = spanningTree(index, byPosition, () => {});
  const edges = Array.from(from, (start, edge) => {
    const [a, b] = [index.points[start]!, index.points[to[edge]!]!];
    return `${Math.min(a, b)} ${Math.max(a, b)} ${weight[edge]}`;
  });
  index.release();
  return edges.sort();
}

function rowsOf(x: NdArray<'float32'>): Int32Array {
  return Int32Array.from({ length: x.shape[0]! }, (_, row) => row);
}

describe('the spanning tree of mutual reachability is that of all pairs', () => {
  const samples = fc.constantFrom(1, 2, 4);
  // Few neighbours kept, so that the indexes must search.
  const kept = (needed: number) => fc.constantFrom(needed, needed + 2);

  test('by k-d tree', () => {
    fc.assert(
      fc.property(
        points,
        samples.chain((needed) => fc.tuple(fc.constant(needed), kept(needed))),
        (x, [needed, kept]) => {
          const cores = coresOf(x, needed);
          assert.deepEqual(treeOf(new KdTree(x, rowsOf(x), kept), cores), expectedTree(x, cores));
        },
      ),
      { numRuns: 150 },
    );
  });

  for (const [name, matrices] of [
    ['products', () => plainTools.matrices],
    ['products as wrong as they may be', roughMatrices],
  ] as const) {
    test(`by blocks of ${name}`, () => {
      fc.assert(
        fc.property(
          points,
          samples.chain((needed) => fc.tuple(fc.constant(needed), kept(needed))),
          fc.constantFrom(4, 7, 64),
          fc.nat(1000),
          (x, [needed, kept], blockRows, seed) => {
            const cores = coresOf(x, needed);
            const tools = { ...plainTools, matrices: matrices(seed) };
            const index = new ProductBlocks(x, rowsOf(x), { kept, needed }, tools, blockRows);
            assert.deepEqual(treeOf(index, cores), expectedTree(x, cores));
          },
        ),
        { numRuns: 250 },
      );
    });
  }

  test('whichever lists of nearest others the blocks keep are right as far as needed', () => {
    fc.assert(
      fc.property(points, samples, fc.nat(1000), (x, needed, seed) => {
        const cores = coresOf(x, needed);
        const tools = { ...plainTools, matrices: roughMatrices(seed) };
        const {
          nearest,
          points: at,
          size,
        } = new ProductBlocks(x, rowsOf(x), { kept: needed, needed }, tools, 8);
        for (let i = 0; i < size && nearest.length === needed; i++) {
          assert.equal(nearest.squared[i * needed + needed - 1], cores[at[i]!]);
        }
      }),
      { numRuns: 100 },
    );
  });
});
