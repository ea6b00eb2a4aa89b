// Batch normalisation with running statistics. As in PyTorch: epsilon 1e-5, and a step moves the running mean and
// the running unbiased variance a tenth of the way to the batch's.

import type { Graph, GraphNode, Tensor } from '../graph/graph.js';
import { add, multiply } from '../graph/ops/elementwise.js';
import { batchNorm } from '../graph/ops/normalisation.js';
import { constantFloats, reshapeInts, scalar } from '../graph/ops/shape.js';
import { assign } from '../graph/ops/update.js';
import { ones, type Parameters, zeros } from './parameters.js';

const epsilon = 1e-5;
const momentum = 0.1;

export interface Mode {
  readonly training: boolean;
  /** Collects the updates of running statistics in training. */
  readonly updates: GraphNode[];
}

export class BatchNorms {
  readonly #graph: Graph;
  readonly #parameters: Parameters;
  readonly #empty: Tensor;

  constructor(graph: Graph, parameters: Parameters) {
    this.#graph = graph;
    this.#parameters = parameters;
    this.#empty = constantFloats(graph, []);
  }

  /** A normalisation of `units` channels, or of the columns of a matrix. */
  declare(name: string, units: number): (x: Tensor, mode: Mode) => Tensor {
    const scale = this.#parameters.value(`${name}/scale`, [units], ones);
    const offset = this.#parameters.value(`${name}/offset`, [units], zeros);
    const mean = this.#parameters.declare(`${name}/mean`, [units], zeros, false).variable;
    const variance = this.#parameters.declare(`${name}/variance`, [units], ones, false).variable;
    return (x, mode) => {
      const isMatrix = x.shape.length === 2;
      const input = isMatrix ? reshapeInts(x, [-1, 1, 1, units]) : x;
      const statistics = { mean: mean.value, variance: variance.value };
      const inputs = mode.training ? { scale, offset } : { scale, offset, statistics };
      const { y, ...batch } = batchNorm(input, inputs, this.#empty, epsilon);
      if (mode.training) {
        const rest = scalar(this.#graph, 1 - momentum);
        const share = scalar(this.#graph, momentum);
        for (const [running, value] of [
          [mean, batch.mean],
          [variance, batch.variance],
        ] as const) {
          mode.updates.push(assign(running, add(multiply(running.value, rest), multiply(value, share))));
        }
      }
      return isMatrix ? reshapeInts(y, [-1, units]) : y;
    };
  }
}
