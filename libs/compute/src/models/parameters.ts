// The weights of a network under construction: variables with the rule that draws their first values.

import { type Random, sizeOf } from '@alarena/core';
import type { Graph, Tensor, Variable } from '../graph/graph.js';

export interface Weight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly variable: Variable;
  /** False for running statistics, which no gradient reaches. */
  readonly trainable: boolean;
  draw(random: Random): Float32Array;
}

export type Initialiser = (random: Random, size: number) => Float32Array;

export const zeros: Initialiser = (_, size) => new Float32Array(size);
export const ones: Initialiser = (_, size) => new Float32Array(size).fill(1);

/** A plain loop: `Float32Array.from` takes several times as long, which counts at 25 million weights. */
function draws(size: number, draw: () => number): Float32Array {
  const values = new Float32Array(size);
  for (let i = 0; i < size; i++) values[i] = draw();
  return values;
}

/** U(-1/sqrt(fanIn), 1/sqrt(fanIn)): PyTorch's default for weights and biases of linear and convolution layers. */
export function uniformByFanIn(fanIn: number): Initialiser {
  const bound = 1 / Math.sqrt(fanIn);
  return (random, size) => draws(size, () => (2 * random.uniform() - 1) * bound);
}

/** N(0, 2 / fanOut), He et al. (arXiv 1502.01852): torchvision's rule for the convolutions of a ResNet. */
export function normalByFanOut(fanOut: number): Initialiser {
  const deviation = Math.sqrt(2 / fanOut);
  return (random, size) => draws(size, () => random.normal() * deviation);
}

export class Parameters {
  readonly #graph: Graph;
  readonly #weights: Weight[] = [];

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  /** In the order in which they were declared, which is also the order of their draws. */
  get all(): readonly Weight[] {
    return this.#weights;
  }

  declare(name: string, shape: readonly number[], initialiser: Initialiser, trainable = true): Weight {
    const weight: Weight = {
      name,
      shape,
      variable: this.#graph.variable(name, shape),
      trainable,
      draw: (random) => initialiser(random, sizeOf(shape)),
    };
    this.#weights.push(weight);
    return weight;
  }

  /** A trainable weight's value. */
  value(name: string, shape: readonly number[], initialiser: Initialiser): Tensor {
    return this.declare(name, shape, initialiser).variable.value;
  }
}
