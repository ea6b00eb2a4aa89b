// Matrix products and biases.

import { boolAttr, textAttr, typeAttr } from '../attributes.js';
import { defineOp, extentsFit, requireRank } from '../define-op.js';
import { graphError, shapeText, type Tensor } from '../graph.js';

export interface Transposed {
  readonly a?: boolean;
  readonly b?: boolean;
}

type Product = (a: Tensor, b: Tensor, transposed?: Transposed) => Tensor;

function productShape(op: string, a: Tensor, b: Tensor, { a: ta = false, b: tb = false }: Transposed) {
  const rank = a.shape.length;
  const at = (tensor: Tensor, axis: number, transposed: boolean) =>
    tensor.shape[rank - 2 + (transposed ? 1 - axis : axis)] ?? null;
  const batchFits = a.shape.slice(0, -2).every((extent, axis) => extentsFit(extent, b.shape[axis]));
  if (b.shape.length !== rank || !batchFits || !extentsFit(at(a, 1, ta), at(b, 0, tb))) {
    throw graphError(
      op,
      `shapes ${shapeText(a.shape)}${ta ? ' transposed' : ''} and ${shapeText(b.shape)}${tb ? ' transposed' : ''} do not multiply`,
    );
  }
  return [...a.shape.slice(0, -2), at(a, 0, ta), at(b, 1, tb)];
}

/** Gradients of product(a, b), for a product that can transpose its operands. */
function productGradients(
  product: Product,
  [a, b]: readonly [Tensor, Tensor],
  { a: ta = false, b: tb = false }: Transposed,
  g: Tensor,
): readonly Tensor[] {
  return [
    ta ? product(b, g, { a: tb, b: true }) : product(g, b, { b: !tb }),
    tb ? product(g, a, { a: true, b: ta }) : product(a, g, { a: !ta }),
  ];
}

export const matMul: Product = defineOp(
  'MatMul',
  'differentiable',
  (a: Tensor, b: Tensor, transposed: Transposed = {}) => {
    requireRank('MatMul', a, 2);
    return {
      inputs: [a, b],
      attributes: {
        T: typeAttr(a.dtype),
        transpose_a: boolAttr(transposed.a ?? false),
        transpose_b: boolAttr(transposed.b ?? false),
      },
      outputs: [{ dtype: a.dtype, shape: productShape('MatMul', a, b, transposed) }],
      gradient: ([g]) => (g === undefined ? [] : productGradients(matMul, [a, b], transposed, g)),
    };
  },
);

/** One product for each index of the leading axes, which must agree: no broadcasting. */
export const batchMatMul: Product = defineOp(
  'BatchMatMulV2',
  'differentiable',
  (a: Tensor, b: Tensor, transposed: Transposed = {}) => ({
    inputs: [a, b],
    attributes: {
      T: typeAttr(a.dtype),
      adj_x: boolAttr(transposed.a ?? false),
      adj_y: boolAttr(transposed.b ?? false),
    },
    outputs: [{ dtype: a.dtype, shape: productShape('BatchMatMulV2', a, b, transposed) }],
    gradient: ([g]) => (g === undefined ? [] : productGradients(batchMatMul, [a, b], transposed, g)),
  }),
);

/** Adds a vector along the last axis. */
export const biasAdd = defineOp('BiasAdd', 'differentiable', (x: Tensor, bias: Tensor) => {
  requireRank('BiasAdd', bias, 1);
  if (!extentsFit(x.shape.at(-1), bias.shape[0])) {
    throw graphError('BiasAdd', `shapes ${shapeText(x.shape)} and ${shapeText(bias.shape)} do not fit`);
  }
  return {
    inputs: [x, bias],
    attributes: { T: typeAttr(x.dtype), data_format: textAttr('NHWC') },
    outputs: [x],
    gradient: ([g]) => (g === undefined ? [] : [g, biasAddGradient(g)]),
  };
});

const biasAddGradient = defineOp('BiasAddGrad', 'constant', (g: Tensor) => ({
  inputs: [g],
  attributes: { T: typeAttr(g.dtype), data_format: textAttr('NHWC') },
  outputs: [{ dtype: g.dtype, shape: [g.shape.at(-1) ?? null] }],
}));
