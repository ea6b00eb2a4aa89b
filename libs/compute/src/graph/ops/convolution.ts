// Convolution and max pooling on n x height x width x channels. Filters: height x width x in x out.

import { boolAttr, intsAttr, textAttr, typeAttr } from '../attributes.js';
import { defineOp, extentsFit, knownExtent, requireRank } from '../define-op.js';
import { graphError, shapeText, type Tensor } from '../graph.js';
import { constantInts, reshapeInts, shapeOf } from './shape.js';

export interface Window {
  readonly stride: number;
  /** Rows and columns of padding on every side. */
  readonly padding: number;
}

/** SAME where it means this padding, else EXPLICIT, whose kernels are up to three times slower. */
function windowAttributes({ stride, padding }: Window, size: number) {
  const same = stride === 1 && 2 * padding + 1 === size;
  const named = padding === 0 ? 'VALID' : same ? 'SAME' : 'EXPLICIT';
  return {
    strides: intsAttr([1, stride, stride, 1]),
    padding: textAttr(named),
    explicit_paddings: intsAttr(named === 'EXPLICIT' ? [0, 0, padding, padding, padding, padding, 0, 0] : []),
    data_format: textAttr('NHWC'),
  };
}

/** Zeros around rows and columns. */
const pad = defineOp('Pad', 'differentiable', (x: Tensor, padding: number) => {
  requireRank('Pad', x, 4);
  const [height, width] = [knownExtent('Pad', x.shape, 1), knownExtent('Pad', x.shape, 2)];
  const amounts = reshapeInts(
    constantInts(x.graph, [0, 0, padding, padding, padding, padding, 0, 0]),
    [4, 2],
  );
  const shape = [x.shape[0] ?? null, height + 2 * padding, width + 2 * padding, x.shape[3] ?? null];
  return {
    inputs: [x, amounts],
    attributes: { T: typeAttr(x.dtype), Tpaddings: typeAttr('int32') },
    outputs: [{ dtype: x.dtype, shape }],
    gradient: ([g]) => (g === undefined ? [] : [unpad(g, x, padding)]),
  };
});

const unpad = defineOp('Slice', 'constant', (g: Tensor, x: Tensor, padding: number) => ({
  inputs: [
    g,
    constantInts(x.graph, [0, padding, padding, 0]),
    constantInts(
      x.graph,
      x.shape.map((extent) => extent ?? -1),
    ),
  ],
  attributes: { T: typeAttr(x.dtype), Index: typeAttr('int32') },
  outputs: [x],
}));

function slidExtent(op: string, x: Tensor, axis: number, size: number, { stride, padding }: Window): number {
  const extent = Math.floor((knownExtent(op, x.shape, axis) + 2 * padding - size) / stride) + 1;
  if (extent < 1) throw graphError(op, `a window of ${size} does not fit into ${shapeText(x.shape)}`);
  return extent;
}

function convolutionAttributes(x: Tensor, filter: Tensor, window: Window) {
  return {
    T: typeAttr(x.dtype),
    ...windowAttributes(window, knownExtent('Conv2D', filter.shape, 0)),
    dilations: intsAttr([1, 1, 1, 1]),
    use_cudnn_on_gpu: boolAttr(true),
  };
}

/** Square filters only. */
export function conv2d(x: Tensor, filter: Tensor, window: Window): Tensor {
  const { stride, padding } = window;
  const isSame = 2 * padding + 1 === filter.shape[0];
  return stride === 1 && isSame
    ? convolve(x, filter, window)
    : convolve(padding === 0 ? x : pad(x, padding), filter, { stride, padding: 0 });
}

const convolve = defineOp('Conv2D', 'differentiable', (x: Tensor, filter: Tensor, window: Window) => {
  requireRank('Conv2D', x, 4);
  requireRank('Conv2D', filter, 4);
  if (!extentsFit(x.shape[3], filter.shape[2])) {
    throw graphError('Conv2D', `channels of ${shapeText(x.shape)} and ${shapeText(filter.shape)} differ`);
  }
  const height = slidExtent('Conv2D', x, 1, knownExtent('Conv2D', filter.shape, 0), window);
  const width = slidExtent('Conv2D', x, 2, knownExtent('Conv2D', filter.shape, 1), window);
  return {
    inputs: [x, filter],
    attributes: convolutionAttributes(x, filter, window),
    outputs: [{ dtype: x.dtype, shape: [x.shape[0] ?? null, height, width, filter.shape[3] ?? null] }],
    gradient: ([g]) =>
      g === undefined
        ? []
        : [
            dependsOnVariable(x) ? conv2dInputGradient(x, filter, g, window) : undefined,
            conv2dFilterGradient(x, filter, g, window),
          ],
  };
});

/** The gradient of the network's input is the dearest one, and nobody wants it. */
function dependsOnVariable(x: Tensor): boolean {
  const seen = new Set([x.node]);
  for (const node of seen) {
    if (node.spec.op === 'ReadVariableOp') return true;
    if (node.spec.gradient !== undefined) for (const input of node.spec.inputs) seen.add(input.node);
  }
  return false;
}

const conv2dInputGradient = defineOp(
  'Conv2DBackpropInput',
  'constant',
  (x: Tensor, filter: Tensor, g: Tensor, window: Window) => ({
    inputs: [shapeOf(x), filter, g],
    attributes: convolutionAttributes(x, filter, window),
    outputs: [x],
  }),
);

const conv2dFilterGradient = defineOp(
  'Conv2DBackpropFilter',
  'constant',
  (x: Tensor, filter: Tensor, g: Tensor, window: Window) => ({
    inputs: [x, shapeOf(filter), g],
    attributes: convolutionAttributes(x, filter, window),
    outputs: [filter],
  }),
);

export const maxPool = defineOp('MaxPool', 'differentiable', (x: Tensor, size: number, window: Window) => {
  requireRank('MaxPool', x, 4);
  const height = slidExtent('MaxPool', x, 1, size, window);
  const width = slidExtent('MaxPool', x, 2, size, window);
  return {
    inputs: [x],
    attributes: poolAttributes(x, size, window),
    outputs: [{ dtype: x.dtype, shape: [x.shape[0] ?? null, height, width, x.shape[3] ?? null] }],
    gradient: ([g], [y]) =>
      g === undefined || y === undefined ? [] : [maxPoolGradient(x, y, g, size, window)],
  };
});

function poolAttributes(x: Tensor, size: number, window: Window) {
  return { T: typeAttr(x.dtype), ...windowAttributes(window, size), ksize: intsAttr([1, size, size, 1]) };
}

const maxPoolGradient = defineOp(
  'MaxPoolGrad',
  'constant',
  (x: Tensor, y: Tensor, g: Tensor, size: number, window: Window) => ({
    inputs: [x, y, g],
    attributes: poolAttributes(x, size, window),
    outputs: [x],
  }),
);
