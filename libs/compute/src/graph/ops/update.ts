// Assignments and optimiser steps: nodes without outputs, run for their effect on variables.

import { boolAttr, type Shape, typeAttr } from '../attributes.js';
import { extentsFit } from '../define-op.js';
import { type GraphNode, graphError, shapeText, type Tensor, type Variable } from '../graph.js';

function requireFit(op: string, variable: Variable, shape: Shape): void {
  const fits =
    variable.shape.length === shape.length &&
    shape.every((extent, axis) => extentsFit(extent, variable.shape[axis]));
  if (!fits) {
    throw graphError(op, `${variable.name} is ${shapeText(variable.shape)}, the value ${shapeText(shape)}`);
  }
}

export function assign(variable: Variable, value: Tensor, controls: readonly GraphNode[] = []): GraphNode {
  requireFit('AssignVariableOp', variable, value.shape);
  return value.graph.add({
    op: 'AssignVariableOp',
    inputs: [variable.handle, value],
    controls,
    attributes: { dtype: typeAttr(value.dtype), validate_shape: boolAttr(false) },
    outputs: [],
  });
}

export interface AdamScalars {
  readonly beta1Power: Tensor;
  readonly beta2Power: Tensor;
  readonly learningRate: Tensor;
  readonly beta1: Tensor;
  readonly beta2: Tensor;
  readonly epsilon: Tensor;
}

/** w -= rate * sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + epsilon). */
export function applyAdam(
  weight: Variable,
  [m, v]: readonly [Variable, Variable],
  scalars: AdamScalars,
  gradient: Tensor,
  controls: readonly GraphNode[],
): GraphNode {
  requireFit('ResourceApplyAdam', weight, gradient.shape);
  const { beta1Power, beta2Power, learningRate, beta1, beta2, epsilon } = scalars;
  return gradient.graph.add({
    op: 'ResourceApplyAdam',
    inputs: [
      weight.handle,
      m.handle,
      v.handle,
      beta1Power,
      beta2Power,
      learningRate,
      beta1,
      beta2,
      epsilon,
      gradient,
    ],
    controls,
    attributes: { T: typeAttr('float32'), use_locking: boolAttr(false), use_nesterov: boolAttr(false) },
    outputs: [],
  });
}

/** buffer = momentum * buffer + gradient; w -= rate * buffer. */
export function applyMomentum(
  weight: Variable,
  buffer: Variable,
  scalars: { readonly learningRate: Tensor; readonly momentum: Tensor },
  gradient: Tensor,
  controls: readonly GraphNode[],
): GraphNode {
  requireFit('ResourceApplyMomentum', weight, gradient.shape);
  return gradient.graph.add({
    op: 'ResourceApplyMomentum',
    inputs: [weight.handle, buffer.handle, scalars.learningRate, gradient, scalars.momentum],
    controls,
    attributes: { T: typeAttr('float32'), use_locking: boolAttr(false), use_nesterov: boolAttr(false) },
    outputs: [],
  });
}
