// Batch normalisation over all axes but the last, on n x height x width x channels.

import { boolAttr, floatAttr, textAttr, typeAttr } from '../attributes.js';
import { defineNode, outputOf, requireRank } from '../define-op.js';
import { type GraphNode, graphError, shapeText, type Tensor } from '../graph.js';

export interface BatchNormInputs {
  readonly scale: Tensor;
  readonly offset: Tensor;
  /** Running statistics in inference; undefined in training. */
  readonly statistics?: { readonly mean: Tensor; readonly variance: Tensor };
}

export interface BatchNormOutputs {
  readonly y: Tensor;
  /** In training: the batch's mean and its unbiased variance. */
  readonly mean: Tensor;
  readonly variance: Tensor;
}

function normAttributes(training: boolean, epsilon: number) {
  return {
    T: typeAttr('float32'),
    U: typeAttr('float32'),
    epsilon: floatAttr(epsilon),
    data_format: textAttr('NHWC'),
    is_training: boolAttr(training),
  };
}

const fusedBatchNorm = defineNode(
  'FusedBatchNormV3',
  'differentiable',
  (
    x: Tensor,
    scale: Tensor,
    offset: Tensor,
    mean: Tensor,
    variance: Tensor,
    training: boolean,
    epsilon: number,
  ) => {
    requireRank('FusedBatchNormV3', x, 4);
    const channels = x.shape[3];
    if ([scale, offset].some((vector) => vector.shape.length !== 1 || vector.shape[0] !== channels)) {
      throw graphError(
        'FusedBatchNormV3',
        `scale and offset must have the channels of ${shapeText(x.shape)}`,
      );
    }
    const vector = { dtype: 'float32' as const, shape: [channels ?? null] };
    const reserved = { dtype: 'float32' as const, shape: [null] };
    return {
      inputs: [x, scale, offset, mean, variance],
      attributes: { ...normAttributes(training, epsilon), exponential_avg_factor: floatAttr(1) },
      outputs: [{ dtype: x.dtype, shape: x.shape }, vector, vector, reserved, reserved, reserved],
      gradient: ([g], outputs) => {
        if (g === undefined) return [];
        if (!training) throw graphError('FusedBatchNormV3', 'has no gradient with running statistics');
        const node = fusedBatchNormGradient(g, x, scale, outputs.slice(3, 6), epsilon);
        return [outputOf(node, 0), outputOf(node, 1), outputOf(node, 2)];
      },
    };
  },
);

const fusedBatchNormGradient: (
  g: Tensor,
  x: Tensor,
  scale: Tensor,
  reserved: readonly Tensor[],
  epsilon: number,
) => GraphNode = defineNode('FusedBatchNormGradV3', 'constant', (g, x, scale, reserved, epsilon) => ({
  inputs: [g, x, scale, ...reserved],
  attributes: normAttributes(true, epsilon),
  outputs: [x, scale, scale, { dtype: 'float32', shape: [null] }, { dtype: 'float32', shape: [null] }],
}));

/** `empty`: a float32 vector of no elements, needed in training. */
export function batchNorm(
  x: Tensor,
  { scale, offset, statistics }: BatchNormInputs,
  empty: Tensor,
  epsilon: number,
): BatchNormOutputs {
  const node = fusedBatchNorm(
    x,
    scale,
    offset,
    statistics?.mean ?? empty,
    statistics?.variance ?? empty,
    statistics === undefined,
    epsilon,
  );
  return { y: outputOf(node, 0), mean: outputOf(node, 1), variance: outputOf(node, 2) };
}
