// Softmax and cross entropy. Both losses give one value a row; their kernels compute the gradient alongside.

import { typeAttr } from '../attributes.js';
import { defineNode, defineOp, outputOf, requireRank, requireSameShape, requireType } from '../define-op.js';
import type { Tensor } from '../graph.js';
import { multiply } from './elementwise.js';
import { reshapeInts } from './shape.js';

export const softmax = defineOp('Softmax', 'constant', (logits: Tensor) => ({
  inputs: [logits],
  attributes: { T: typeAttr(logits.dtype) },
  outputs: [logits],
}));

function rowGradient(g: Tensor | undefined, backprop: Tensor | undefined): readonly Tensor[] {
  return g === undefined || backprop === undefined ? [] : [multiply(reshapeInts(g, [-1, 1]), backprop)];
}

const sparseLoss = defineNode(
  'SparseSoftmaxCrossEntropyWithLogits',
  'differentiable',
  (logits: Tensor, labels: Tensor) => {
    requireRank('SparseSoftmaxCrossEntropyWithLogits', logits, 2);
    requireType('SparseSoftmaxCrossEntropyWithLogits', labels, 'int32');
    return {
      inputs: [logits, labels],
      attributes: { T: typeAttr(logits.dtype), Tlabels: typeAttr('int32') },
      outputs: [{ dtype: logits.dtype, shape: [logits.shape[0] ?? null] }, logits],
      gradient: ([g], [, backprop]) => rowGradient(g, backprop),
    };
  },
);

const denseLoss = defineNode(
  'SoftmaxCrossEntropyWithLogits',
  'differentiable',
  (logits: Tensor, labels: Tensor) => {
    requireSameShape('SoftmaxCrossEntropyWithLogits', logits, labels);
    return {
      inputs: [logits, labels],
      attributes: { T: typeAttr(logits.dtype) },
      outputs: [{ dtype: logits.dtype, shape: [logits.shape[0] ?? null] }, logits],
      gradient: ([g], [, backprop]) => rowGradient(g, backprop),
    };
  },
);

/** -log softmax(logits)[label] of each row. `labels`: int32, one class a row. */
export function crossEntropy(logits: Tensor, labels: Tensor): Tensor {
  return outputOf(sparseLoss(logits, labels), 0);
}

/** -sum labels * log softmax(logits) of each row; the gradient is that of the logits only. */
export function crossEntropyDense(logits: Tensor, labels: Tensor): Tensor {
  return outputOf(denseLoss(logits, labels), 0);
}
