// Random numbers that are a function of a fed seed, so that a step's draws do not depend on what ran before.

import type { Shape } from '../attributes.js';
import { typeAttr } from '../attributes.js';
import { defineOp, requireType } from '../define-op.js';
import type { Tensor } from '../graph.js';

function draws(op: string, extents: Tensor, seed: Tensor, shape: Shape) {
  requireType(op, extents, 'int32');
  requireType(op, seed, 'int32');
  return {
    inputs: [extents, seed],
    attributes: { dtype: typeAttr('float32'), T: typeAttr('int32'), Tseed: typeAttr('int32') },
    outputs: [{ dtype: 'float32' as const, shape }],
  };
}

/** Uniform in [0, 1). `extents`: int32 vector, of which `shape` is what is known; `seed`: two int32. */
export const randomUniform = defineOp(
  'StatelessRandomUniform',
  'constant',
  (extents: Tensor, seed: Tensor, shape: Shape) => draws('StatelessRandomUniform', extents, seed, shape),
);

/** Standard normal. */
export const randomNormal = defineOp(
  'StatelessRandomNormal',
  'constant',
  (extents: Tensor, seed: Tensor, shape: Shape) => draws('StatelessRandomNormal', extents, seed, shape),
);
