// How an op is defined: one `defineOp` per op, holding its shape rule, its attributes and its gradient. The list of
// differentiable ops is what the gradient test must cover.

import type { Shape } from './attributes.js';
import { type GraphNode, graphError, type NodeSpec, shapeText, type Tensor } from './graph.js';

const differentiable = new Set<string>();

/** Names of the ops that have a gradient. Complete once `ops/` is imported. */
export function differentiableOps(): readonly string[] {
  return [...differentiable].sort();
}

type OpSpec = Omit<NodeSpec, 'op'>;

/** An op with any number of outputs, or none: the call returns its node. */
export function defineNode<A extends readonly unknown[]>(
  op: string,
  kind: 'differentiable' | 'constant',
  build: (...args: A) => OpSpec,
): (...args: A) => GraphNode {
  if (kind === 'differentiable') differentiable.add(op);
  return (...args) => {
    const spec = build(...args);
    if ((spec.gradient !== undefined) !== (kind === 'differentiable')) {
      throw graphError(op, 'is differentiable exactly when it has a gradient rule');
    }
    const graph = spec.inputs[0]?.graph;
    if (graph === undefined) throw graphError(op, 'needs an input');
    return graph.add({ op, ...spec });
  };
}

/** An op of one output: the call returns its tensor. */
export function defineOp<A extends readonly unknown[]>(
  op: string,
  kind: 'differentiable' | 'constant',
  build: (...args: A) => OpSpec,
): (...args: A) => Tensor {
  const add = defineNode(op, kind, build);
  return (...args) => outputOf(add(...args), 0);
}

export function outputOf(node: GraphNode, index: number): Tensor {
  const tensor = node.outputs[index];
  if (tensor === undefined) throw graphError(node.spec.op, `has no output ${index}`);
  return tensor;
}

export function requireRank(op: string, tensor: Tensor, rank: number): void {
  if (tensor.shape.length !== rank) {
    throw graphError(op, `needs an input of ${rank} axes, got ${shapeText(tensor.shape)}`);
  }
}

export function requireType(op: string, tensor: Tensor, dtype: Tensor['dtype']): void {
  if (tensor.dtype !== dtype) throw graphError(op, `needs ${dtype}, got ${tensor.dtype}`);
}

/** Whether two extents can be the same: an unknown one fits any. */
export function extentsFit(a: number | null | undefined, b: number | null | undefined): boolean {
  return a === null || b === null || a === b;
}

export function requireSameShape(op: string, a: Tensor, b: Tensor): void {
  const fits =
    a.shape.length === b.shape.length && a.shape.every((extent, axis) => extentsFit(extent, b.shape[axis]));
  if (!fits) throw graphError(op, `shapes ${shapeText(a.shape)} and ${shapeText(b.shape)} differ`);
  if (a.dtype !== b.dtype) throw graphError(op, `element types ${a.dtype} and ${b.dtype} differ`);
}

/** An extent that must be known when the graph is built. */
export function knownExtent(op: string, shape: Shape, axis: number): number {
  const extent = shape[axis];
  if (extent === undefined || extent === null) {
    throw graphError(op, `axis ${axis} of ${shapeText(shape)} must be known`);
  }
  return extent;
}
