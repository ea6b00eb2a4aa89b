// The update of one training step and the state it keeps.
// Adam: beta 0.9 and 0.999, epsilon 1e-8 added to sqrt(v) before bias correction (the form of arXiv 1412.6980,
// section 2's remark; PyTorch adds it after). SGD as in PyTorch: weight decay joins the gradient of every weight,
// and the learning rate multiplies the momentum buffer, not what enters it.

import type { Graph, GraphNode, Tensor, Variable } from '../graph/graph.js';
import { add, multiply } from '../graph/ops/elementwise.js';
import { scalar } from '../graph/ops/shape.js';
import { applyAdam, applyMomentum, assign } from '../graph/ops/update.js';
import type { OptimizerSpec } from '../model.js';

/** A variable of the optimiser and the value it starts from. */
export interface Slot {
  readonly variable: Variable;
  readonly shape: readonly number[];
  readonly start: number;
}

export interface Update {
  readonly slots: readonly Slot[];
  readonly nodes: readonly GraphNode[];
}

const beta1 = 0.9;
const beta2 = 0.999;
const epsilon = 1e-8;

type Target = readonly [
  weight: { readonly variable: Variable; readonly shape: readonly number[] },
  gradient: Tensor,
];

/** `after`: nodes that must have run before any weight changes. */
export function updateWeights(
  graph: Graph,
  spec: OptimizerSpec,
  targets: readonly Target[],
  learningRate: Tensor,
  after: readonly GraphNode[],
): Update {
  // Every gradient before any update: no weight changes while a kernel still reads it, so none is copied.
  const controls = [...after, ...targets.map(([, gradient]) => gradient.node)];
  const slots: Slot[] = [];
  const slot = (name: string, shape: readonly number[], start: number): Variable => {
    const variable = graph.variable(`optimizer/${name}`, shape);
    slots.push({ variable, shape, start });
    return variable;
  };
  if (spec.name === 'sgd') {
    const momentum = scalar(graph, spec.momentum);
    const decay = scalar(graph, spec.weightDecay);
    const nodes = targets.map(([{ variable, shape }, gradient]) => {
      const decayed = spec.weightDecay === 0 ? gradient : add(gradient, multiply(variable.value, decay));
      const buffer = slot(`${variable.name}/momentum`, shape, 0);
      return applyMomentum(variable, buffer, { learningRate, momentum }, decayed, controls);
    });
    return { slots, nodes };
  }
  const powers = [slot('beta1_power', [], beta1), slot('beta2_power', [], beta2)] as const;
  const betas = [scalar(graph, beta1), scalar(graph, beta2)] as const;
  const scalars = {
    beta1Power: powers[0].value,
    beta2Power: powers[1].value,
    learningRate,
    beta1: betas[0],
    beta2: betas[1],
    epsilon: scalar(graph, epsilon),
  };
  const nodes = targets.map(([{ variable, shape }, gradient]) => {
    const moments = [slot(`${variable.name}/m`, shape, 0), slot(`${variable.name}/v`, shape, 0)] as const;
    return applyAdam(variable, moments, scalars, gradient, controls);
  });
  const advances = powers.map((power, i) => assign(power, multiply(power.value, betas[i as 0 | 1]), nodes));
  return { slots, nodes: advances };
}
