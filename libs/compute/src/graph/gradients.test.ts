// Every differentiable op against central finite differences of its own float32 forward pass. Weighted sums are
// taken in float64, so rounding enters only once: with step 1/64 and outputs of order 1 the error stays below 1e-4.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { namedRandom, sizeOf } from '@alarena/core';
import { differentiableOps } from './define-op.js';
import { gradients } from './gradients.js';
import { Graph, type Tensor } from './graph.js';
import { conv2d, maxPool } from './ops/convolution.js';
import { add, divide, multiply, negate, relu, subtract } from './ops/elementwise.js';
import { batchMatMul, biasAdd, matMul } from './ops/linear.js';
import { crossEntropy, crossEntropyDense } from './ops/loss.js';
import { mean } from './ops/mean.js';
import { batchNorm } from './ops/normalisation.js';
import { sum } from './ops/reduction.js';
import { constantFloats, constantInts, mergeTrailing, reshapeInts } from './ops/shape.js';
import { assign } from './ops/update.js';
import { compile } from './saved-model.js';

interface Case {
  readonly op: string;
  readonly what: string;
  readonly inputs: readonly (readonly number[])[];
  build(inputs: readonly Tensor[], graph: Graph): Tensor;
  /** Default: uniform in (-1, 1). */
  readonly values?: (position: number) => number;
}

/** Values with a distance of 0.125 between any two and from zero, in an order without pattern. */
const spread = (position: number): number => (((position * 37) % 101) - 50.5) / 8;

const cases: readonly Case[] = [
  {
    op: 'AddV2',
    what: 'same shapes',
    inputs: [
      [2, 3],
      [2, 3],
    ],
    build: ([a, b]) => add(a!, b!),
  },
  { op: 'AddV2', what: 'a vector to rows', inputs: [[2, 3], [3]], build: ([a, b]) => add(a!, b!) },
  {
    op: 'AddV2',
    what: 'stretched on both sides',
    inputs: [
      [2, 1],
      [1, 3],
    ],
    build: ([a, b]) => add(a!, b!),
  },
  { op: 'AddV2', what: 'one tensor twice', inputs: [[3]], build: ([a]) => add(add(a!, a!), a!) },
  { op: 'Sub', what: 'a vector from rows', inputs: [[2, 3], [3]], build: ([a, b]) => subtract(a!, b!) },
  {
    op: 'Mul',
    what: 'same shapes',
    inputs: [
      [2, 3],
      [2, 3],
    ],
    build: ([a, b]) => multiply(a!, b!),
  },
  {
    op: 'Mul',
    what: 'one factor a channel',
    inputs: [
      [2, 2, 2, 3],
      [2, 1, 1, 3],
    ],
    build: ([a, b]) => multiply(a!, b!),
  },
  {
    op: 'RealDiv',
    what: 'by a constant',
    inputs: [[2, 3]],
    build: ([a], g) => divide(a!, constantFloats(g, [2, -3, 4])),
  },
  { op: 'Neg', what: 'a matrix', inputs: [[2, 3]], build: ([a]) => negate(a!) },
  { op: 'Relu', what: 'away from the kink', inputs: [[4, 5]], values: spread, build: ([a]) => relu(a!) },
  ...[false, true].flatMap((ta) =>
    [false, true].flatMap((tb) => [
      {
        op: 'MatMul',
        what: `transposed ${ta} ${tb}`,
        inputs: [ta ? [3, 2] : [2, 3], tb ? [4, 3] : [3, 4]],
        build: ([a, b]: readonly Tensor[]) => matMul(a!, b!, { a: ta, b: tb }),
      },
      {
        op: 'BatchMatMulV2',
        what: `transposed ${ta} ${tb}`,
        inputs: [ta ? [2, 3, 2] : [2, 2, 3], tb ? [2, 4, 3] : [2, 3, 4]],
        build: ([a, b]: readonly Tensor[]) => batchMatMul(a!, b!, { a: ta, b: tb }),
      },
    ]),
  ),
  { op: 'BiasAdd', what: 'to channels', inputs: [[2, 2, 2, 3], [3]], build: ([a, b]) => biasAdd(a!, b!) },
  ...[
    { stride: 1, padding: 0 },
    { stride: 1, padding: 1 },
    { stride: 2, padding: 0 },
    { stride: 2, padding: 1 },
  ].map((window) => ({
    op: 'Conv2D',
    what: `stride ${window.stride}, padding ${window.padding}`,
    inputs: [
      [2, 5, 4, 2],
      [3, 3, 2, 3],
    ],
    build: ([x, filter]: readonly Tensor[]) => conv2d(x!, filter!, window),
  })),
  {
    op: 'Pad',
    what: 'before a convolution of stride 2',
    inputs: [
      [2, 4, 4, 1],
      [3, 3, 1, 2],
    ],
    build: ([x, filter]) => conv2d(x!, filter!, { stride: 2, padding: 1 }),
  },
  {
    op: 'MaxPool',
    what: 'windows that do not overlap',
    inputs: [[1, 5, 4, 2]],
    values: spread,
    build: ([x]) => maxPool(x!, 2, { stride: 2, padding: 0 }),
  },
  {
    op: 'MaxPool',
    what: 'windows that overlap, padded',
    inputs: [[1, 5, 4, 2]],
    values: spread,
    build: ([x]) => maxPool(x!, 3, { stride: 2, padding: 1 }),
  },
  {
    op: 'FusedBatchNormV3',
    what: 'in training',
    inputs: [[3, 2, 2, 2], [2], [2]],
    build: ([x, scale, offset], g) =>
      batchNorm(x!, { scale: scale!, offset: offset! }, constantFloats(g, []), 1e-5).y,
  },
  {
    op: 'SparseSoftmaxCrossEntropyWithLogits',
    what: 'of four classes',
    inputs: [[3, 4]],
    build: ([x], g) => crossEntropy(x!, constantInts(g, [0, 3, 1])),
  },
  {
    op: 'SoftmaxCrossEntropyWithLogits',
    what: 'of soft labels',
    inputs: [[2, 3]],
    build: ([x], g) =>
      crossEntropyDense(x!, reshapeInts(constantFloats(g, [0.2, 0.3, 0.5, 1, 0, 0]), [2, 3])),
  },
  { op: 'Sum', what: 'over the middle axis', inputs: [[2, 3, 2]], build: ([x]) => sum(x!, [1], false) },
  { op: 'Sum', what: 'over all axes, kept', inputs: [[2, 3]], build: ([x]) => sum(x!, [0, 1], true) },
  { op: 'Mean', what: 'over space', inputs: [[2, 3, 2, 2]], build: ([x]) => mean(x!, [1, 2], false) },
  { op: 'Mean', what: 'over all axes', inputs: [[2, 3]], build: ([x]) => mean(x!, [0, 1], false) },
  { op: 'Reshape', what: 'to a matrix', inputs: [[2, 3, 2]], build: ([x]) => reshapeInts(x!, [-1, 4]) },
  { op: 'Reshape', what: 'by merging axes', inputs: [[2, 3, 2]], build: ([x]) => mergeTrailing(x!) },
];

const step = 1 / 64;

/** Largest difference between the rule's gradient and the finite difference, over all inputs' elements. */
function largestError({ inputs, build, values }: Case): number {
  const graph = new Graph();
  const random = namedRandom('gradients');
  const variables = inputs.map((shape, i) => graph.variable(`x${i}`, shape));
  const y = build(
    variables.map((variable) => variable.value),
    graph,
  );
  const weights = graph.placeholder('weights', 'float32', y.shape);
  const loss = sum(multiply(y, weights), [...y.shape.keys()], false);
  const slopes = gradients(loss, variables);
  const fed = inputs.map((shape, i) => graph.placeholder(`fed${i}`, 'float32', shape));
  graph.signature('set', {
    inputs: Object.fromEntries(fed.map((tensor, i) => [`x${i}`, tensor])),
    outputs: Object.fromEntries(fed.map((tensor, i) => [`x${i}`, tensor])),
    after: variables.map((variable, i) => assign(variable, fed[i]!)),
  });
  graph.signature('forward', { inputs: {}, outputs: { y } });
  graph.signature('backward', {
    inputs: { weights },
    outputs: Object.fromEntries(slopes.map((slope, i) => [`x${i}`, slope])),
  });
  const session = compile(graph);
  try {
    const points = inputs.map((shape) =>
      Float32Array.from({ length: sizeOf(shape) }, (_, i) => values?.(i) ?? 2 * random.uniform() - 1),
    );
    const set = () =>
      session.run(
        'set',
        // Copies: the variable may keep the fed memory.
        Object.fromEntries(points.map((point, i) => [`x${i}`, { shape: inputs[i]!, values: point.slice() }])),
      );
    set();
    const shape = session.run('forward', {}).y!.shape;
    const outputWeights = Float32Array.from({ length: sizeOf(shape) }, () => 2 * random.uniform() - 1);
    const weighted = () => {
      set();
      let total = 0;
      for (const [i, output] of session.run('forward', {}).y!.values.entries())
        total += output * outputWeights[i]!;
      return total;
    };
    const backward = session.run('backward', { weights: { shape, values: outputWeights } });
    let largest = 0;
    for (const [i, point] of points.entries()) {
      for (const [j, centre] of point.entries()) {
        point[j] = centre + step;
        const above = weighted();
        point[j] = centre - step;
        const below = weighted();
        point[j] = centre;
        const slope = backward[`x${i}`]!.values[j]!;
        largest = Math.max(largest, Math.abs(slope - (above - below) / (2 * step)));
      }
    }
    return largest;
  } finally {
    session.dispose();
  }
}

describe('gradients', () => {
  for (const each of cases) {
    test(`${each.op}, ${each.what}, agrees with finite differences`, () => {
      const error = largestError(each);
      // Curvature: the third derivative of batch normalisation and of softmax enters with step^2 / 6.
      const tolerance = /BatchNorm|Softmax/.test(each.op) ? 2e-3 : 1e-4;
      assert.ok(error < tolerance, `largest difference ${error}`);
    });
  }

  test('no differentiable op is left untested', () => {
    assert.deepEqual(differentiableOps(), [...new Set(cases.map(({ op }) => op))].sort());
  });

  test('a variable that the loss does not depend on is an error', () => {
    const graph = new Graph();
    const [used, unused] = [graph.variable('used', [2]), graph.variable('unused', [2])];
    assert.throws(() => gradients(sum(used.value, [0], false), [used, unused]), /does not depend on unused/);
  });

  test('a loss that is no scalar is an error', () => {
    const graph = new Graph();
    const x = graph.variable('x', [2]);
    assert.throws(() => gradients(x.value, [x]), /must be a scalar, got \[2\]/);
  });
});
