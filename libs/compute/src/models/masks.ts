// Dropout masks as the graph takes them.

import type { Graph, Tensor } from '../graph/graph.js';
import { cast, greaterEqual, multiply } from '../graph/ops/elementwise.js';
import { randomUniform } from '../graph/ops/random.js';
import { batchExtents, columns, scalar } from '../graph/ops/shape.js';
import type { MaskLayer } from '../model.js';

export interface KeptUnits {
  readonly indices: Int32Array;
  /** The mask's entries at `indices`. */
  readonly scale: Float32Array;
}

/** The units that a mask keeps. A mask that keeps none gives unit 0 with scale 0: kernels need a channel. */
export function keptUnits(mask: Float32Array): KeptUnits {
  const indices = Int32Array.from(mask.keys()).filter((unit) => mask[unit] !== 0);
  const kept = indices.length > 0 ? indices : Int32Array.of(0);
  return { indices: kept, scale: Float32Array.from(kept, (unit) => mask[unit] ?? 0) };
}

/**
 * One mask a sample and layer, n x units, entries 0 or 1 / (1 - rate). One draw is cut up for all layers: layers
 * with seeds of their own could meet the seed of another step.
 */
export function trainingMasks(
  graph: Graph,
  layers: readonly MaskLayer[],
  rate: number,
  images: Tensor,
  seed: Tensor,
): readonly Tensor[] {
  const total = layers.reduce((sum, { units }) => sum + units, 0);
  const uniform = randomUniform(batchExtents(images, [total]), seed, [images.shape[0] ?? null, total]);
  const keep = cast(greaterEqual(uniform, scalar(graph, rate)), 'float32');
  const masks = multiply(keep, scalar(graph, 1 / (1 - rate)));
  let start = 0;
  return layers.map(({ units }) => {
    start += units;
    return columns(masks, start - units, units);
  });
}
