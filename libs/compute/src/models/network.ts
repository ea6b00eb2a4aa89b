// What an architecture supplies: its weights, and the forward pass in its three modes as pieces of one graph.

import type { GraphNode, Tensor, Variable } from '../graph/graph.js';
import type { Layer, MaskLayer } from '../model.js';
import type { Feed } from '../tensorflow/session.js';
import type { Weight } from './parameters.js';

export interface Forward {
  /** n x width each; holds `h` and `a2`, the logits, whatever the architecture. */
  readonly layers: ReadonlyMap<Layer, Tensor>;
  readonly logits: Tensor;
  /** Updates of running statistics, in training. */
  readonly updates: readonly GraphNode[];
}

/**
 * Monte-Carlo passes as two signatures: what no mask reaches is computed once and kept in `stored`; a pass starts
 * from there, so that any number of passes costs no second upload and little memory.
 */
export interface MonteCarlo {
  readonly stored: Variable;
  readonly shared: Tensor;
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** n x classes. */
  readonly logits: Tensor;
  /** The inputs' values from one pass' masks, one array per mask layer. */
  feeds(masks: readonly Float32Array[]): Readonly<Record<string, Feed>>;
}

export interface Linear {
  readonly weight: Tensor;
  readonly bias: Tensor;
}

export interface Network {
  readonly weights: readonly Weight[];
  /** The last linear layer: `weight` is width x classes. */
  readonly classifier: Linear;
  readonly maskLayers: readonly MaskLayer[];
  /** Samples a call of inference takes at once: bounds memory, and is fixed so that it cannot change results. */
  readonly inferenceBatch: number;
  infer(images: Tensor): Forward;
  /** `masks`: n x units per mask layer, or none without dropout. */
  train(images: Tensor, masks: readonly Tensor[]): Forward;
  monteCarlo(images: Tensor): MonteCarlo;
}
