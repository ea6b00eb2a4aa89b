// Constants and ops that move or count elements without computing on them.

import { intAttr, type Shape, tensorAttr, typeAttr } from '../attributes.js';
import { defineOp, knownExtent, requireRank, requireType } from '../define-op.js';
import { type Graph, graphError, shapeText, type Tensor } from '../graph.js';

function constantNode(
  graph: Graph,
  dtype: 'float32' | 'int32',
  shape: readonly number[],
  values: readonly number[],
) {
  const attributes = { dtype: typeAttr(dtype), value: tensorAttr(dtype, shape, values) };
  return graph.add({ op: 'Const', inputs: [], attributes, outputs: [{ dtype, shape }] }).outputs[0] as Tensor;
}

export function constantInts(graph: Graph, values: readonly number[]): Tensor {
  return constantNode(graph, 'int32', [values.length], values);
}

export function constantFloats(graph: Graph, values: readonly number[]): Tensor {
  return constantNode(graph, 'float32', [values.length], values);
}

export function scalar(graph: Graph, value: number): Tensor {
  return constantNode(graph, 'float32', [], [value]);
}

function scalarInt(graph: Graph, value: number): Tensor {
  return constantNode(graph, 'int32', [], [value]);
}

const reshapeTo = defineOp('Reshape', 'differentiable', (x: Tensor, extents: Tensor, shape: Shape) => ({
  inputs: [x, extents],
  attributes: { T: typeAttr(x.dtype), Tshape: typeAttr('int32') },
  outputs: [{ dtype: x.dtype, shape }],
  gradient: ([g]) => (g === undefined ? [] : [reshapeLike(g, x), undefined]),
}));

/** `extents`: at most one -1, which takes what is left. */
export function reshapeInts(x: Tensor, extents: readonly number[]): Tensor {
  const known = extents.filter((extent) => extent >= 0).reduce((product, extent) => product * extent, 1);
  const open = extents.length - extents.filter((extent) => extent >= 0).length;
  let shape: Shape = extents.map((extent) => (extent < 0 ? null : extent));
  if (x.shape.every((extent) => extent !== null)) {
    const size = x.shape.reduce<number>((product, extent) => product * (extent ?? 1), 1);
    if (open > 1 || (open === 0 ? known !== size : size % known !== 0)) {
      throw graphError('Reshape', `${shapeText(x.shape)} does not fit [${extents.join(', ')}]`);
    }
    shape = extents.map((extent) => (extent < 0 ? size / known : extent));
  }
  return reshapeTo(x, constantInts(x.graph, extents), shape);
}

/** Same elements in the shape of `like`, taken at the call. */
export function reshapeLike(x: Tensor, like: Tensor): Tensor {
  return reshapeTo(x, shapeOf(like), like.shape);
}

/** Extents as an int32 vector. */
export const shapeOf = defineOp('Shape', 'constant', (x: Tensor) => ({
  inputs: [x],
  attributes: { T: typeAttr(x.dtype), out_type: typeAttr('int32') },
  outputs: [{ dtype: 'int32', shape: [x.shape.length] }],
}));

/** Number of elements, an int32 scalar. */
export const elementCount = defineOp('Size', 'constant', (x: Tensor) => ({
  inputs: [x],
  attributes: { T: typeAttr(x.dtype), out_type: typeAttr('int32') },
  outputs: [{ dtype: 'int32', shape: [] }],
}));

export const onesLike = defineOp('OnesLike', 'constant', (x: Tensor) => ({
  inputs: [x],
  attributes: { T: typeAttr(x.dtype) },
  outputs: [x],
}));

/** Repeats along axes of extent 1 up to the shape of `like`. */
export const broadcastLike = defineOp('BroadcastTo', 'constant', (x: Tensor, like: Tensor) => ({
  inputs: [x, shapeOf(like)],
  attributes: { T: typeAttr(x.dtype), Tidx: typeAttr('int32') },
  outputs: [{ dtype: x.dtype, shape: like.shape }],
}));

/** A tensor of one value. `extents`: int32 vector; `shape`: what is known of it. */
export const fill = defineOp('Fill', 'constant', (extents: Tensor, value: Tensor, shape: Shape) => ({
  inputs: [extents, value],
  attributes: { T: typeAttr(value.dtype), index_type: typeAttr('int32') },
  outputs: [{ dtype: value.dtype, shape }],
}));

/** Columns [start, start + width) of a matrix. Without a gradient: it cuts up random draws. */
export const columns = defineOp('Slice', 'constant', (x: Tensor, start: number, width: number) => {
  requireRank('Slice', x, 2);
  if (start + width > knownExtent('Slice', x.shape, 1)) {
    throw graphError('Slice', `${shapeText(x.shape)} has no columns ${start} to ${start + width}`);
  }
  return {
    inputs: [x, constantInts(x.graph, [0, start]), constantInts(x.graph, [-1, width])],
    attributes: { T: typeAttr(x.dtype), Index: typeAttr('int32') },
    outputs: [{ dtype: x.dtype, shape: [x.shape[0] ?? null, width] }],
  };
});

/** The rows of a matrix from `begin`, [row, 0], as many as `size`, [count, columns]: int32 vectors, taken at the call. */
export const rowsFrom = defineOp('Slice', 'constant', (x: Tensor, begin: Tensor, size: Tensor) => {
  requireRank('Slice', x, 2);
  return {
    inputs: [x, begin, size],
    attributes: { T: typeAttr(x.dtype), Index: typeAttr('int32') },
    outputs: [{ dtype: x.dtype, shape: [null, x.shape[1] ?? null] }],
  };
});

/** The first extent of `x` followed by `rest`, as an int32 vector. */
export function batchExtents(x: Tensor, rest: readonly number[]): Tensor {
  return concatenateInts(extentOf(x, 0), constantInts(x.graph, rest));
}

/** Splits the first axis as the leading axes of `like`: rows x width becomes `like`'s leading extents x width. */
export function splitLeading(x: Tensor, like: Tensor): Tensor {
  const rank = like.shape.length;
  const leading = slice1(shapeOf(like), 0, rank - 1);
  const shape = [...like.shape.slice(0, -1), x.shape.at(-1) ?? null];
  return reshapeTo(x, concatenateInts(leading, slice1(shapeOf(x), 1, 1)), shape);
}

/** Joins all axes but the first, when the extents are known at the call only. */
export function mergeTrailing(x: Tensor): Tensor {
  return reshapeTo(x, batchExtents(x, [-1]), [x.shape[0] ?? null, null]);
}

/** Joins all axes but the last. */
export function mergeLeading(x: Tensor): Tensor {
  const extents = concatenateInts(constantInts(x.graph, [-1]), extentOf(x, x.shape.length - 1));
  return reshapeTo(x, extents, [null, x.shape.at(-1) ?? null]);
}

function extentOf(x: Tensor, axis: number): Tensor {
  return slice1(shapeOf(x), axis, 1);
}

const slice1 = defineOp('Slice', 'constant', (x: Tensor, start: number, length: number) => ({
  inputs: [x, constantInts(x.graph, [start]), constantInts(x.graph, [length])],
  attributes: { T: typeAttr(x.dtype), Index: typeAttr('int32') },
  outputs: [{ dtype: x.dtype, shape: [length] }],
}));

const concatenateInts = defineOp('ConcatV2', 'constant', (a: Tensor, b: Tensor) => ({
  inputs: [a, b, scalarInt(a.graph, 0)],
  attributes: { T: typeAttr(a.dtype), N: intAttr(2), Tidx: typeAttr('int32') },
  outputs: [{ dtype: a.dtype, shape: [(a.shape[0] ?? 0) + (b.shape[0] ?? 0)] }],
}));

/** Picks along one axis. `indices`: int32 vector. For inference: it has no gradient. */
export const gather = defineOp('GatherV2', 'constant', (x: Tensor, indices: Tensor, axis: number) => {
  requireRank('GatherV2', indices, 1);
  requireType('GatherV2', indices, 'int32');
  if (axis >= x.shape.length) throw graphError('GatherV2', `${shapeText(x.shape)} has no axis ${axis}`);
  return {
    inputs: [x, indices, scalarInt(x.graph, axis)],
    attributes: {
      Tparams: typeAttr(x.dtype),
      Tindices: typeAttr('int32'),
      Taxis: typeAttr('int32'),
      batch_dims: intAttr(0),
    },
    outputs: [
      {
        dtype: x.dtype,
        shape: x.shape.map((extent, i) => (i === axis ? (indices.shape[0] ?? null) : extent)),
      },
    ],
  };
});

/** A copy in memory of its own. A variable must not be assigned a fed tensor: that is JavaScript's memory. */
export const deepCopy = defineOp('DeepCopy', 'constant', (x: Tensor) => ({
  inputs: [x],
  attributes: { T: typeAttr(x.dtype) },
  outputs: [x],
}));
