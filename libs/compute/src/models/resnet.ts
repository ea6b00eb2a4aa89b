// Residual networks (arXiv 1512.03385) as in torchvision: basic blocks for 18 layers, bottlenecks with the stride in
// the 3x3 convolution for 50. Convolutions start by He's rule over fan-out, batch norm at 1 and 0, linear layers as
// PyTorch's. Samples of at most 64 rows get the stem of small images: one 3x3 convolution, no pooling.

import type { Graph, Tensor } from '../graph/graph.js';
import { conv2d, maxPool } from '../graph/ops/convolution.js';
import { add, relu } from '../graph/ops/elementwise.js';
import { mean } from '../graph/ops/mean.js';
import type { Layer, ModelSpec } from '../model.js';
import { BatchNorms, type Mode } from './batch-norm.js';
import { dropoutHead, linearHead } from './heads.js';
import type { Forward, Network } from './network.js';
import { normalByFanOut, Parameters } from './parameters.js';

interface Variant {
  readonly block: 'basic' | 'bottleneck';
  /** Blocks of the four stages, of 64, 128, 256 and 512 channels. */
  readonly blocks: readonly [number, number, number, number];
}

const variants = {
  resnet18: { block: 'basic', blocks: [2, 2, 2, 2] },
  resnet50: { block: 'bottleneck', blocks: [3, 4, 6, 3] },
} as const satisfies Record<string, Variant>;

const smallImageRows = 64;

/** A piece of the network: its weights are declared when it is made, its ops are added when it is called. */
type Piece = (x: Tensor, mode: Mode) => Tensor;

class Pieces {
  readonly #parameters: Parameters;
  readonly #norms: BatchNorms;

  constructor(parameters: Parameters, norms: BatchNorms) {
    this.#parameters = parameters;
    this.#norms = norms;
  }

  /** Convolution without bias, then batch norm. Padding keeps the extent at stride 1. */
  convNorm(name: string, size: number, from: number, to: number, stride: number): Piece {
    const initialiser = normalByFanOut(size * size * to);
    const filter = this.#parameters.value(`${name}/weight`, [size, size, from, to], initialiser);
    const norm = this.#norms.declare(`${name}/norm`, to);
    const window = { stride, padding: (size - 1) / 2 };
    return (x, mode) => norm(conv2d(x, filter, window), mode);
  }

  block(name: string, kind: Variant['block'], from: number, width: number, stride: number): Piece {
    const to = kind === 'basic' ? width : 4 * width;
    const steps =
      kind === 'basic'
        ? [
            this.convNorm(`${name}/conv1`, 3, from, width, stride),
            this.convNorm(`${name}/conv2`, 3, width, to, 1),
          ]
        : [
            this.convNorm(`${name}/conv1`, 1, from, width, 1),
            this.convNorm(`${name}/conv2`, 3, width, width, stride),
            this.convNorm(`${name}/conv3`, 1, width, to, 1),
          ];
    const shortcut: Piece =
      stride === 1 && from === to ? (x) => x : this.convNorm(`${name}/shortcut`, 1, from, to, stride);
    return (x, mode) => {
      const residual = steps.reduce((y, step, i) => step(i === 0 ? y : relu(y), mode), x);
      return relu(add(residual, shortcut(x, mode)));
    };
  }

  /** From normalised images to n x features. */
  backbone(spec: ModelSpec, { block, blocks }: Variant): { run: Piece; features: number } {
    const [rows, , depth] = spec.sampleShape;
    const small = rows <= smallImageRows;
    const stem = small ? this.convNorm('stem', 3, depth, 64, 1) : this.convNorm('stem', 7, depth, 64, 2);
    const stages: Piece[] = [];
    let from = 64;
    for (const [stage, count] of blocks.entries()) {
      const width = 64 * 2 ** stage;
      for (let i = 0; i < count; i++) {
        const stride = stage > 0 && i === 0 ? 2 : 1;
        stages.push(this.block(`stage${stage + 1}/block${i + 1}`, block, from, width, stride));
        from = block === 'basic' ? width : 4 * width;
      }
    }
    const run: Piece = (images, mode) => {
      const stemmed = relu(stem(images, mode));
      const pooled = small ? stemmed : maxPool(stemmed, 3, { stride: 2, padding: 1 });
      return mean(
        stages.reduce((x, stage) => stage(x, mode), pooled),
        [1, 2],
        false,
      );
    };
    return { run, features: from };
  }
}

export function resnet(name: keyof typeof variants): (graph: Graph, spec: ModelSpec) => Network {
  return (graph, spec) => {
    const parameters = new Parameters(graph);
    const norms = new BatchNorms(graph, parameters);
    const backbone = new Pieces(parameters, norms).backbone(spec, variants[name]);
    const head =
      spec.dropout === false
        ? linearHead(parameters, backbone.features, spec.classes)
        : dropoutHead(parameters, norms, backbone.features, spec.classes);

    function forward(images: Tensor, masks: readonly Tensor[], training: boolean): Forward {
      const mode: Mode = { training, updates: [] };
      const z = backbone.run(images, mode);
      const headed = head.run(z, masks, mode);
      const layers = new Map<Layer, Tensor>([['z', z], ...headed.layers, ['a2', headed.logits]]);
      return { layers, logits: headed.logits, updates: mode.updates };
    }

    const [rows, columns] = spec.sampleShape;
    return {
      weights: parameters.all,
      classifier: head.classifier,
      maskLayers: head.maskLayers,
      // About 64 MiB for the widest activation: 64 channels at the stem's resolution.
      inferenceBatch: Math.max(1, Math.min(256, Math.floor(2 ** 18 / (rows * columns)))),
      infer: (images) => forward(images, [], false),
      train: (images, masks) => forward(images, masks, true),
      monteCarlo: (images) => {
        const z = backbone.run(images, { training: false, updates: [] });
        return head.monteCarlo(z, graph);
      },
    };
  };
}
