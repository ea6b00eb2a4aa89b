// Reverse-mode differentiation: walks the graph backwards from a scalar and asks each op's own rule. The result is
// more graph, computed in the same call as the loss.

import { type GraphNode, graphError, shapeText, type Tensor, type Variable } from './graph.js';
import { addN } from './ops/elementwise.js';
import { onesLike } from './ops/shape.js';

/** Nodes from which gradient can reach one of `targets`, in the order they were added (which is topological). */
function nodesBetween(loss: Tensor, targets: ReadonlySet<GraphNode>): readonly GraphNode[] {
  const leads = new Map<GraphNode, boolean>();
  // Iterative: deep networks would overflow the stack.
  const stack: GraphNode[] = [loss.node];
  while (stack.length > 0) {
    const node = stack[stack.length - 1] as GraphNode;
    if (leads.has(node)) {
      stack.pop();
      continue;
    }
    const sources = node.spec.gradient === undefined ? [] : node.spec.inputs.map((input) => input.node);
    const open = sources.filter((source) => !leads.has(source));
    if (open.length > 0) {
      stack.push(...open);
      continue;
    }
    leads.set(node, targets.has(node) || sources.some((source) => leads.get(source) === true));
    stack.pop();
  }
  return loss.graph.nodes.filter((node) => leads.get(node) === true);
}

/** d loss / d variable for each variable. Throws when no path leads from a variable to the loss. */
export function gradients(loss: Tensor, variables: readonly Variable[]): readonly Tensor[] {
  if (loss.shape.length !== 0) {
    throw graphError('gradients', `the loss must be a scalar, got ${shapeText(loss.shape)}`);
  }
  const targets = new Set(variables.map((variable) => variable.value.node));
  const contributions = new Map<Tensor, Tensor[]>([[loss, [onesLike(loss)]]]);
  const total = (tensor: Tensor): Tensor | undefined => {
    const parts = contributions.get(tensor);
    return parts === undefined || parts.length < 2 ? parts?.[0] : addN(parts);
  };
  for (const node of nodesBetween(loss, targets).toReversed()) {
    if (node.spec.gradient === undefined) continue;
    const upstream = node.outputs.map(total);
    if (upstream.every((gradient) => gradient === undefined)) continue;
    const downstream = node.spec.gradient(upstream, node.outputs);
    for (const [position, input] of node.spec.inputs.entries()) {
      const gradient = downstream[position];
      if (gradient === undefined) continue;
      const parts = contributions.get(input);
      if (parts === undefined) contributions.set(input, [gradient]);
      else parts.push(gradient);
    }
  }
  return variables.map((variable) => {
    const gradient = total(variable.value);
    if (gradient === undefined) throw graphError('gradients', `the loss does not depend on ${variable.name}`);
    return gradient;
  });
}
