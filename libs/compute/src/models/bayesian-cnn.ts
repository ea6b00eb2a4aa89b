// The Bayesian convolutional network of the BatchBALD experiments (arXiv 1906.08158): [convolution 5x5, dropout per
// channel, max pool 2, ReLU] x 2 with 32 and 64 channels, dense 128, dropout, ReLU, dense C. Dropout masks are not
// negative, so they commute with pooling and ReLU: they are applied after both, on a quarter of the elements.

import { AppError } from '@alarena/core';
import type { Graph, Tensor } from '../graph/graph.js';
import { conv2d, maxPool } from '../graph/ops/convolution.js';
import { multiply, relu } from '../graph/ops/elementwise.js';
import { biasAdd, matMul } from '../graph/ops/linear.js';
import {
  constantFloats,
  gather,
  mergeLeading,
  mergeTrailing,
  reshapeInts,
  splitLeading,
} from '../graph/ops/shape.js';
import type { Layer, ModelSpec } from '../model.js';
import type { Feed } from '../tensorflow/session.js';
import { keptUnits } from './masks.js';
import type { Forward, MonteCarlo, Network } from './network.js';
import { Parameters, uniformByFanIn } from './parameters.js';

const channels = [32, 64] as const;
const hidden = 128;
const kernel = 5;

/** Extent after one block: valid convolution, then pooling by 2. */
function blockExtent(extent: number): number {
  return Math.floor((extent - kernel + 1) / 2);
}

function identity(graph: Graph, size: number): Tensor {
  const ones = Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0));
  return reshapeInts(constantFloats(graph, ones), [size, size]);
}

export function bayesianCnn(graph: Graph, spec: ModelSpec): Network {
  const [height, width, depth] = spec.sampleShape;
  const grid = [height, width].map((extent) => blockExtent(blockExtent(extent)));
  const cells = (grid[0] ?? 0) * (grid[1] ?? 0);
  if (grid.some((extent) => extent < 1)) {
    throw AppError.invalid('bayesian-cnn cannot take these samples', [
      { field: 'sampleShape', description: `must be at least 16 x 16, got ${height} x ${width}` },
    ]);
  }
  const parameters = new Parameters(graph);
  const layer = (name: string, shape: readonly number[], fanIn: number) => ({
    weight: parameters.value(`${name}/weight`, shape, uniformByFanIn(fanIn)),
    bias: parameters.value(`${name}/bias`, [shape.at(-1) ?? 0], uniformByFanIn(fanIn)),
  });
  const area = kernel * kernel;
  const conv1 = layer('conv1', [kernel, kernel, depth, channels[0]], area * depth);
  const conv2 = layer('conv2', [kernel, kernel, channels[0], channels[1]], area * channels[0]);
  const fc1 = layer('fc1', [cells * channels[1], hidden], cells * channels[1]);
  const fc2 = layer('fc2', [hidden, spec.classes], hidden);

  function block(x: Tensor, weight: Tensor, bias: Tensor): Tensor {
    const convolved = biasAdd(conv2d(x, weight, { stride: 1, padding: 0 }), bias);
    return relu(maxPool(convolved, 2, { stride: 2, padding: 0 }));
  }

  function forward(images: Tensor, [mask1, mask2, mask3]: readonly Tensor[]): Forward {
    const drop = (x: Tensor, mask: Tensor | undefined) => (mask === undefined ? x : multiply(x, mask));
    const perChannel = (mask: Tensor | undefined, units: number) =>
      mask === undefined ? undefined : reshapeInts(mask, [-1, 1, 1, units]);
    const h1 = drop(block(images, conv1.weight, conv1.bias), perChannel(mask1, channels[0]));
    const h2 = drop(block(h1, conv2.weight, conv2.bias), perChannel(mask2, channels[1]));
    const z = reshapeInts(h2, [-1, cells * channels[1]]);
    const a1 = biasAdd(matMul(z, fc1.weight), fc1.bias);
    const h = relu(a1);
    const logits = biasAdd(matMul(drop(h, mask3), fc2.weight), fc2.bias);
    const layers = new Map<Layer, Tensor>([
      ['z', z],
      ['a0', z],
      ['a1', a1],
      ['h', h],
      ['a2', logits],
    ]);
    return { layers, logits, updates: [] };
  }

  // A pass has one mask for all samples, so masks move into the weights and dropped channels are not computed at
  // all: at rate 0.5 a quarter of the second convolution remains. The first block is the same in all passes.
  function monteCarlo(images: Tensor): MonteCarlo {
    const shared = block(images, conv1.weight, conv1.bias);
    const stored = graph.variable('monte_carlo/block1', shared.shape);
    const kept = [1, 2, 3].map((i) => graph.placeholder(`monte_carlo/kept${i}`, 'int32', [null]));
    const scale = [1, 2, 3].map((i) => graph.placeholder(`monte_carlo/scale${i}`, 'float32', [null]));
    const [kept1, kept2, kept3] = kept as [Tensor, Tensor, Tensor];
    const [scale1, scale2, scale3] = scale as [Tensor, Tensor, Tensor];
    const column = (vector: Tensor) => reshapeInts(vector, [-1, 1]);

    // Columns of the scaled identity: a product picks channels in a quarter of a gather's time.
    const pick1 = multiply(gather(identity(graph, channels[0]), kept1, 1), scale1);
    const h1 = splitLeading(matMul(mergeLeading(stored.value), pick1), stored.value);
    const weight2 = gather(gather(conv2.weight, kept1, 2), kept2, 3);
    const h2 = block(h1, weight2, gather(conv2.bias, kept2, 0));
    const columns3 = reshapeInts(gather(fc1.weight, kept3, 1), [cells, channels[1], -1]);
    const weight3 = mergeLeading(multiply(gather(columns3, kept2, 1), column(scale2)));
    const a1 = biasAdd(matMul(mergeTrailing(h2), weight3), gather(fc1.bias, kept3, 0));
    const weight4 = multiply(gather(fc2.weight, kept3, 0), column(scale3));
    const logits = biasAdd(matMul(relu(a1), weight4), fc2.bias);
    return {
      stored,
      shared,
      inputs: { kept1, kept2, kept3, scale1, scale2, scale3 },
      logits,
      feeds: (masks) => {
        const feeds: Record<string, Feed> = {};
        for (const [i, mask] of masks.entries()) {
          const { indices, scale: values } = keptUnits(mask);
          feeds[`kept${i + 1}`] = { shape: [indices.length], values: indices };
          feeds[`scale${i + 1}`] = { shape: [values.length], values };
        }
        return feeds;
      },
    };
  }

  return {
    weights: parameters.all,
    classifier: fc2,
    maskLayers:
      spec.dropout === false
        ? []
        : [
            { name: 'conv1', units: channels[0] },
            { name: 'conv2', units: channels[1] },
            { name: 'fc1', units: hidden },
          ],
    inferenceBatch: 512,
    infer: (images) => forward(images, []),
    train: forward,
    monteCarlo,
  };
}
