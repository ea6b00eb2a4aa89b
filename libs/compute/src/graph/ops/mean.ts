// Means over axes.

import { defineOp } from '../define-op.js';
import type { Tensor } from '../graph.js';
import { cast, divide } from './elementwise.js';
import { reducedShape, reductionAttributes, spread } from './reduction.js';
import { constantInts, elementCount } from './shape.js';

export const mean = defineOp(
  'Mean',
  'differentiable',
  (x: Tensor, axes: readonly number[], keepDimensions: boolean) => ({
    inputs: [x, constantInts(x.graph, axes)],
    attributes: reductionAttributes(x, keepDimensions),
    outputs: [{ dtype: x.dtype, shape: reducedShape('Mean', x, axes, keepDimensions) }],
    gradient: ([g], [y]) => {
      if (g === undefined || y === undefined) return [];
      const count = divide(cast(elementCount(x), 'float32'), cast(elementCount(y), 'float32'));
      return [spread(divide(g, count), x, axes)];
    },
  }),
);
