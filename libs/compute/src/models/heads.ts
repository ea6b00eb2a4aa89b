// What follows a backbone's features z. With dropout: linear to 2048 (a0), [batch norm, ReLU, dropout], linear to 512
// (a1), [the same], linear to C. Without: one linear layer.

import { type Graph, graphError, type Tensor } from '../graph/graph.js';
import { multiply, relu } from '../graph/ops/elementwise.js';
import { biasAdd, matMul } from '../graph/ops/linear.js';
import { reshapeInts } from '../graph/ops/shape.js';
import type { Layer, MaskLayer } from '../model.js';
import type { BatchNorms, Mode } from './batch-norm.js';
import type { Linear, MonteCarlo } from './network.js';
import { type Parameters, uniformByFanIn } from './parameters.js';

export interface Head {
  readonly classifier: Linear;
  readonly maskLayers: readonly MaskLayer[];
  run(
    z: Tensor,
    masks: readonly Tensor[],
    mode: Mode,
  ): { readonly layers: readonly (readonly [Layer, Tensor])[]; readonly logits: Tensor };
  monteCarlo(z: Tensor, graph: Graph): MonteCarlo;
}

const widths = [2048, 512] as const;

function linear(parameters: Parameters, name: string, from: number, to: number) {
  const weight = parameters.value(`${name}/weight`, [from, to], uniformByFanIn(from));
  const bias = parameters.value(`${name}/bias`, [to], uniformByFanIn(from));
  return { weight, bias, run: (x: Tensor) => biasAdd(matMul(x, weight), bias) };
}

export function linearHead(parameters: Parameters, features: number, classes: number): Head {
  const last = linear(parameters, 'fc', features, classes);
  return {
    classifier: last,
    maskLayers: [],
    run: (z) => ({ layers: [['h', z]], logits: last.run(z) }),
    monteCarlo: () => {
      throw graphError('head', 'without dropout it has no Monte-Carlo passes');
    },
  };
}

export function dropoutHead(
  parameters: Parameters,
  norms: BatchNorms,
  features: number,
  classes: number,
): Head {
  const fc0 = linear(parameters, 'head/fc0', features, widths[0]);
  const norm0 = norms.declare('head/norm0', widths[0]);
  const fc1 = linear(parameters, 'head/fc1', widths[0], widths[1]);
  const norm1 = norms.declare('head/norm1', widths[1]);
  const fc2 = linear(parameters, 'head/fc2', widths[1], classes);
  const drop = (x: Tensor, mask: Tensor | undefined) => (mask === undefined ? x : multiply(x, mask));
  return {
    classifier: fc2,
    maskLayers: [
      { name: 'head0', units: widths[0] },
      { name: 'head1', units: widths[1] },
    ],
    run: (z, [mask0, mask1], mode) => {
      const a0 = fc0.run(z);
      const a1 = fc1.run(drop(relu(norm0(a0, mode)), mask0));
      const h = relu(norm1(a1, mode));
      const logits = fc2.run(drop(h, mask1));
      return {
        layers: [
          ['a0', a0],
          ['a1', a1],
          ['h', h],
        ],
        logits,
      };
    },
    // Everything before the first mask is the same in all passes. A mask is one for all samples, so it goes into
    // the rows of the next layer's weights.
    monteCarlo: (z, graph) => {
      const mode: Mode = { training: false, updates: [] };
      const shared = relu(norm0(fc0.run(z), mode));
      const stored = graph.variable('monte_carlo/head0', shared.shape);
      const mask0 = graph.placeholder('monte_carlo/mask0', 'float32', [widths[0]]);
      const mask1 = graph.placeholder('monte_carlo/mask1', 'float32', [widths[1]]);
      const masked = (weight: Tensor, mask: Tensor) => multiply(weight, reshapeInts(mask, [-1, 1]));
      const a1 = biasAdd(matMul(stored.value, masked(fc1.weight, mask0)), fc1.bias);
      const h1 = relu(norm1(a1, mode));
      const logits = biasAdd(matMul(h1, masked(fc2.weight, mask1)), fc2.bias);
      return {
        stored,
        shared,
        inputs: { mask0, mask1 },
        logits,
        feeds: (masks) =>
          Object.fromEntries(masks.map((values, i) => [`mask${i}`, { shape: [values.length], values }])),
      };
    },
  };
}
