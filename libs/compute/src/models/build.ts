// From a model's specification to the signatures that CompiledModel calls.

import { gradients } from '../graph/gradients.js';
import { Graph, type Tensor, type Variable } from '../graph/graph.js';
import { add, cast, multiply } from '../graph/ops/elementwise.js';
import { crossEntropy, softmax } from '../graph/ops/loss.js';
import { mean } from '../graph/ops/mean.js';
import { constantFloats, constantInts, deepCopy, fill, scalar } from '../graph/ops/shape.js';
import { assign } from '../graph/ops/update.js';
import { compile } from '../graph/saved-model.js';
import type { Architecture, Layer, ModelSpec, OptimizerSpec } from '../model.js';
import type { Feed, Session } from '../tensorflow/session.js';
import { bayesianCnn } from './bayesian-cnn.js';
import { trainingMasks } from './masks.js';
import type { Network } from './network.js';
import { type Slot, updateWeights } from './optimizer.js';
import { resnet } from './resnet.js';

type Builder = (graph: Graph, spec: ModelSpec) => Network;

const architectures: Readonly<Record<Architecture, Builder>> = {
  'bayesian-cnn': bayesianCnn,
  resnet18: resnet('resnet18'),
  resnet50: resnet('resnet50'),
};

export interface ModelGraph {
  readonly network: Network;
  /** State of the optimiser. */
  readonly slots: readonly Slot[];
  readonly layerWidths: ReadonlyMap<Layer, number>;
  readonly session: Session;
  readonly monteCarloFeeds: ((masks: readonly Float32Array[]) => Readonly<Record<string, Feed>>) | undefined;
}

/** (byte / 255 - mean) / std per channel, as one product and one sum. */
function normalise(graph: Graph, images: Tensor, { mean, std }: ModelSpec['normalisation']): Tensor {
  const factor = constantFloats(
    graph,
    std.map((deviation) => 1 / (255 * deviation)),
  );
  const offset = constantFloats(
    graph,
    std.map((deviation, channel) => -(mean[channel] ?? 0) / deviation),
  );
  return add(multiply(cast(images, 'float32'), factor), offset);
}

function addWeightSignatures(graph: Graph, network: Network, slots: readonly Slot[]): void {
  const weights = accessors(graph, network.weights);
  const resets = slots.map(({ variable, shape, start }) =>
    assign(variable, fill(constantInts(graph, shape), scalar(graph, start), shape)),
  );
  const done = scalar(graph, 1);
  graph.signature('setWeights', {
    inputs: weights.fed,
    outputs: { done },
    after: [...weights.assignments, ...resets],
  });
  graph.signature('getWeights', { inputs: {}, outputs: weights.read });
  const state = accessors(
    graph,
    slots.map(({ variable, shape }) => ({ name: variable.name, variable, shape })),
  );
  graph.signature('setOptimizer', { inputs: state.fed, outputs: { done }, after: state.assignments });
  graph.signature('getOptimizer', { inputs: {}, outputs: state.read });
}

interface Stored {
  readonly name: string;
  readonly variable: Variable;
  readonly shape: readonly number[];
}

/** What reads variables and what replaces their values. */
function accessors(graph: Graph, variables: readonly Stored[]) {
  const fed: Record<string, Tensor> = {};
  const read: Record<string, Tensor> = {};
  const assignments = variables.map(({ name, shape, variable }) => {
    const value = graph.placeholder(`set/${name}`, 'float32', shape);
    fed[name] = value;
    read[name] = variable.value;
    return assign(variable, deepCopy(value));
  });
  return { fed, read, assignments };
}

export function buildModelGraph(spec: ModelSpec, optimizer: OptimizerSpec): ModelGraph {
  const graph = new Graph();
  const bytes = graph.placeholder('images', 'uint8', [null, ...spec.sampleShape]);
  const labels = graph.placeholder('labels', 'int32', [null]);
  const learningRate = graph.placeholder('learning_rate', 'float32', []);
  const dropoutSeed = graph.placeholder('dropout_seed', 'int32', [2]);
  const images = normalise(graph, bytes, spec.normalisation);
  const network = architectures[spec.architecture](graph, spec);

  const inferred = network.infer(images);
  const layers = Object.fromEntries(inferred.layers);
  graph.signature('predict', {
    inputs: { images: bytes },
    outputs: { ...layers, probabilities: softmax(inferred.logits) },
  });
  const { weight, bias } = network.classifier;
  graph.signature('classifier', { inputs: {}, outputs: { weight, bias } });
  graph.signature('evaluate', {
    inputs: { images: bytes, labels },
    outputs: { losses: crossEntropy(inferred.logits, labels), logits: inferred.logits },
  });

  const hasDropout = spec.dropout !== false && network.maskLayers.length > 0;
  const masks = hasDropout
    ? trainingMasks(graph, network.maskLayers, spec.dropout || 0, images, dropoutSeed)
    : [];
  const trained = network.train(images, masks);
  const loss = mean(crossEntropy(trained.logits, labels), [0], false);
  const trainable = network.weights.filter((weight) => weight.trainable);
  const slopes = gradients(
    loss,
    trainable.map((weight) => weight.variable),
  );
  const targets = trainable.map((weight, i) => [weight, slopes[i] as Tensor] as const);
  const update = updateWeights(graph, optimizer, targets, learningRate, trained.updates);
  graph.signature('train', {
    inputs: { images: bytes, labels, learningRate, ...(hasDropout ? { dropoutSeed } : {}) },
    outputs: { loss },
    after: update.nodes,
  });
  addWeightSignatures(graph, network, update.slots);

  const monteCarlo = hasDropout ? network.monteCarlo(images) : undefined;
  if (monteCarlo !== undefined) {
    graph.signature('monteCarloShared', {
      inputs: { images: bytes },
      outputs: { done: scalar(graph, 1) },
      after: [assign(monteCarlo.stored, monteCarlo.shared)],
    });
    graph.signature('monteCarloPass', {
      inputs: monteCarlo.inputs,
      outputs: { probabilities: softmax(monteCarlo.logits) },
    });
  }
  const layerWidths = new Map([...inferred.layers].map(([layer, tensor]) => [layer, tensor.shape[1] ?? 0]));
  return {
    network,
    slots: update.slots,
    layerWidths,
    session: compile(graph),
    monteCarloFeeds: monteCarlo?.feeds,
  };
}
