// Elementwise ops. Two-sided ones broadcast as NumPy does; their gradients sum over the axes that were stretched.

import { type ElementType, intAttr, type Shape, typeAttr } from '../attributes.js';
import { defineOp, extentsFit, requireSameShape, requireType } from '../define-op.js';
import { graphError, shapeText, type Tensor } from '../graph.js';
import { sum } from './reduction.js';
import { reshapeLike } from './shape.js';

/** Written out where a gradient rule uses its own op. */
type Binary = (a: Tensor, b: Tensor) => Tensor;

function broadcastShape(op: string, a: Tensor, b: Tensor): Shape {
  if (a.dtype !== b.dtype) throw graphError(op, `element types ${a.dtype} and ${b.dtype} differ`);
  const rank = Math.max(a.shape.length, b.shape.length);
  return Array.from({ length: rank }, (_, axis) => {
    const p = a.shape[axis - rank + a.shape.length];
    const q = b.shape[axis - rank + b.shape.length];
    if (p === undefined || p === 1) return q ?? null;
    if (q === undefined || q === 1) return p;
    if (!extentsFit(p, q)) {
      throw graphError(op, `shapes ${shapeText(a.shape)} and ${shapeText(b.shape)} do not broadcast`);
    }
    return p ?? q;
  });
}

/** Sums `gradient` over the axes along which `input` was stretched. */
function unbroadcast(gradient: Tensor, input: Tensor): Tensor {
  const missing = gradient.shape.length - input.shape.length;
  const axes = gradient.shape
    .map((extent, axis) => ({
      axis,
      stretched: axis < missing || (input.shape[axis - missing] === 1 && extent !== 1),
    }))
    .filter(({ stretched }) => stretched)
    .map(({ axis }) => axis);
  if (axes.length === 0) return gradient;
  const summed = sum(gradient, axes, true);
  return missing === 0 ? summed : reshapeLike(summed, input);
}

export const add = defineOp('AddV2', 'differentiable', (a: Tensor, b: Tensor) => ({
  inputs: [a, b],
  attributes: { T: typeAttr(a.dtype) },
  outputs: [{ dtype: a.dtype, shape: broadcastShape('AddV2', a, b) }],
  gradient: ([g]) => (g === undefined ? [] : [unbroadcast(g, a), unbroadcast(g, b)]),
}));

export const subtract = defineOp('Sub', 'differentiable', (a: Tensor, b: Tensor) => ({
  inputs: [a, b],
  attributes: { T: typeAttr(a.dtype) },
  outputs: [{ dtype: a.dtype, shape: broadcastShape('Sub', a, b) }],
  gradient: ([g]) => (g === undefined ? [] : [unbroadcast(g, a), unbroadcast(negate(g), b)]),
}));

export const multiply: Binary = defineOp('Mul', 'differentiable', (a: Tensor, b: Tensor) => ({
  inputs: [a, b],
  attributes: { T: typeAttr(a.dtype) },
  outputs: [{ dtype: a.dtype, shape: broadcastShape('Mul', a, b) }],
  gradient: ([g]) =>
    g === undefined ? [] : [unbroadcast(multiply(g, b), a), unbroadcast(multiply(g, a), b)],
}));

/** a / b; only the numerator gets a gradient, so b must not depend on a variable. */
export const divide: Binary = defineOp('RealDiv', 'differentiable', (a: Tensor, b: Tensor) => ({
  inputs: [a, b],
  attributes: { T: typeAttr(a.dtype) },
  outputs: [{ dtype: a.dtype, shape: broadcastShape('RealDiv', a, b) }],
  gradient: ([g]) => (g === undefined ? [] : [unbroadcast(divide(g, b), a), undefined]),
}));

export const negate: (x: Tensor) => Tensor = defineOp('Neg', 'differentiable', (x: Tensor) => ({
  inputs: [x],
  attributes: { T: typeAttr(x.dtype) },
  outputs: [x],
  gradient: ([g]) => (g === undefined ? [] : [negate(g)]),
}));

export const relu = defineOp('Relu', 'differentiable', (x: Tensor) => ({
  inputs: [x],
  attributes: { T: typeAttr(x.dtype) },
  outputs: [x],
  gradient: ([g], [y]) => (g === undefined || y === undefined ? [] : [reluGradient(g, y)]),
}));

const reluGradient = defineOp('ReluGrad', 'constant', (g: Tensor, y: Tensor) => ({
  inputs: [g, y],
  attributes: { T: typeAttr(g.dtype) },
  outputs: [g],
}));

export const addN = defineOp('AddN', 'constant', (parts: readonly Tensor[]) => {
  const [first] = parts;
  if (first === undefined) throw graphError('AddN', 'needs at least one input');
  for (const part of parts) requireSameShape('AddN', first, part);
  return {
    inputs: parts,
    attributes: { T: typeAttr(first.dtype), N: intAttr(parts.length) },
    outputs: [first],
  };
});

/** Between numbers. The gradient flows from float32 to float32 only, i.e. nowhere: casts are of inputs. */
export const cast = defineOp('Cast', 'constant', (x: Tensor, dtype: ElementType) => ({
  inputs: [x],
  attributes: { SrcT: typeAttr(x.dtype), DstT: typeAttr(dtype) },
  outputs: [{ dtype, shape: x.shape }],
}));

/** 1 where a >= b, as bool. */
export const greaterEqual = defineOp('GreaterEqual', 'constant', (a: Tensor, b: Tensor) => {
  requireType('GreaterEqual', a, 'float32');
  return {
    inputs: [a, b],
    attributes: { T: typeAttr(a.dtype) },
    outputs: [{ dtype: 'bool', shape: broadcastShape('GreaterEqual', a, b) }],
  };
});
