// Sums over axes, and what other reductions share with them.

import { boolAttr, type Shape, typeAttr } from '../attributes.js';
import { defineOp } from '../define-op.js';
import { graphError, shapeText, type Tensor } from '../graph.js';
import { broadcastLike, constantInts, reshapeInts } from './shape.js';

export function reducedShape(op: string, x: Tensor, axes: readonly number[], keepDimensions: boolean): Shape {
  for (const axis of axes) {
    if (!Number.isInteger(axis) || axis < 0 || axis >= x.shape.length) {
      throw graphError(op, `${shapeText(x.shape)} has no axis ${axis}`);
    }
  }
  if (keepDimensions) return x.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  return x.shape.filter((_, axis) => !axes.includes(axis));
}

export function reductionAttributes(x: Tensor, keepDimensions: boolean) {
  return { T: typeAttr(x.dtype), Tidx: typeAttr('int32'), keep_dims: boolAttr(keepDimensions) };
}

/** Stretches a reduction's gradient back over the reduced axes. */
export function spread(g: Tensor, x: Tensor, axes: readonly number[]): Tensor {
  const kept = x.shape.map((extent, axis) => (axes.includes(axis) ? 1 : (extent ?? -1)));
  if (kept.filter((extent) => extent === -1).length > 1) {
    throw graphError('reduction', `at most one unknown axis of ${shapeText(x.shape)} may stay`);
  }
  return broadcastLike(reshapeInts(g, kept), x);
}

export const sum = defineOp(
  'Sum',
  'differentiable',
  (x: Tensor, axes: readonly number[], keepDimensions: boolean) => ({
    inputs: [x, constantInts(x.graph, axes)],
    attributes: reductionAttributes(x, keepDimensions),
    outputs: [{ dtype: x.dtype, shape: reducedShape('Sum', x, axes, keepDimensions) }],
    gradient: ([g]) => (g === undefined ? [] : [spread(g, x, axes)]),
  }),
);
