// What a compiled model offers to training and inference. One graph per model; all calls run on the variables of
// one session and block the calling thread.

import type { NdArray, Random } from '@alarena/core';

export const architectures = ['bayesian-cnn', 'resnet18', 'resnet50'] as const;
export type Architecture = (typeof architectures)[number];

export interface ModelSpec {
  readonly architecture: Architecture;
  /** [height, width, channels] of one sample as stored. */
  readonly sampleShape: readonly [number, number, number];
  readonly classes: number;
  /** Drop rate in (0, 1) of the head (and of the convolutions of bayesian-cnn), or no dropout at all. */
  readonly dropout: number | false;
  /** Per channel, on the scale [0, 1]: the network sees (byte / 255 - mean) / std. */
  readonly normalisation: { readonly mean: readonly number[]; readonly std: readonly number[] };
}

export type OptimizerSpec =
  | { readonly name: 'adam' }
  | { readonly name: 'sgd'; readonly momentum: number; readonly weightDecay: number };

/** Images as stored: uint8, row-major n x height x width x channels. */
export interface Batch {
  readonly images: Uint8Array;
  readonly labels: Int32Array;
}

export interface TrainStep {
  readonly learningRate: number;
  /** Names this step's dropout masks. */
  readonly dropoutSeed: readonly [number, number];
}

/**
 * `z`: backbone features; `a0`, `a1`: activations of the head; `h`: what goes into the last linear layer; `a2`: logits.
 * All with dropout off.
 */
export type Layer = 'z' | 'a0' | 'a1' | 'a2' | 'h';

export interface Evaluation {
  /** Mean cross entropy, nats. */
  readonly loss: number;
  /** Most probable class of each sample, ties to the lower class. */
  readonly predicted: Int32Array;
}

export interface Signals {
  /** n x classes. */
  readonly probabilities?: Float32Array;
  /** n x width of the layer, for each layer asked for. */
  readonly layers: ReadonlyMap<Layer, Float32Array>;
}

/** A dropout layer whose Monte-Carlo mask has `units` entries (channels after a convolution). */
export interface MaskLayer {
  readonly name: string;
  readonly units: number;
}

export interface Model {
  readonly spec: ModelSpec;
  /** Width of each layer this model has; a model without the old head has no a0 and a1. */
  readonly layerWidths: ReadonlyMap<Layer, number>;
  /** Empty for a model without dropout, which therefore has no Monte-Carlo passes. */
  readonly maskLayers: readonly MaskLayer[];
  /** Draws initial weights and resets optimiser state and running statistics. */
  initialise(random: Random): void;
  /** One optimiser step; returns the batch's mean cross entropy before it. */
  trainStep(batch: Batch, step: TrainStep): number;
  evaluate(batch: Batch): Evaluation;
  predict(
    images: Uint8Array,
    wanted: { readonly probabilities: boolean; readonly layers: readonly Layer[] },
  ): Signals;
  /**
   * Probabilities of T passes with dropout on and everything else as in inference: T x n x classes.
   * `masks[l]` is T x units of mask layer l with entries 0 or 1 / (1 - rate): one mask set per pass, for all samples.
   */
  predictMonteCarlo(images: Uint8Array, masks: readonly Float32Array[]): Float32Array;
  /** The last linear layer, classes x (width of `h` + 1): weights, and the bias last. */
  classifier(): NdArray<'float32'>;
  /** Trainable weights and running statistics by name (not optimiser state), in a fixed order. */
  getWeights(): ReadonlyMap<string, NdArray<'float32'>>;
  /** Replaces all weights and resets optimiser state. Throws AppError `invalid-argument` on a missing, unknown or misshapen weight. */
  setWeights(weights: ReadonlyMap<string, NdArray<'float32'>>): void;
  /** What the optimiser keeps between steps, by name: with the weights, all that the next step depends on. */
  getOptimizerState(): ReadonlyMap<string, NdArray<'float32'>>;
  /** Goes after `setWeights`, which resets it. Throws as that does. */
  setOptimizerState(state: ReadonlyMap<string, NdArray<'float32'>>): void;
  dispose(): void;
}
