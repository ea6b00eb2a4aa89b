// A dataflow graph under construction: symbolic tensors whose element types and shapes are checked as ops are
// added, placeholders, variables shared by all signatures, and the signatures themselves.

import { AppError } from '@alarena/core';
import type { Endpoint, FeedType, FetchType, Signature } from '../tensorflow/session.js';
import {
  type Attributes,
  type ElementType,
  type Shape,
  shapeAttr,
  textAttr,
  typeAttr,
} from './attributes.js';

/** Gradients of an op's inputs from those of its outputs; undefined where there is none. */
export type GradientRule = (
  upstream: readonly (Tensor | undefined)[],
  outputs: readonly Tensor[],
) => readonly (Tensor | undefined)[];

export interface OutputSpec {
  readonly dtype: ElementType;
  readonly shape: Shape;
}

export interface NodeSpec {
  readonly op: string;
  readonly inputs: readonly Tensor[];
  readonly controls?: readonly GraphNode[];
  readonly attributes: Attributes;
  readonly outputs: readonly OutputSpec[];
  /** Absent: no gradient flows through this op. */
  readonly gradient?: GradientRule | undefined;
}

export interface GraphNode {
  readonly name: string;
  readonly spec: NodeSpec;
  readonly outputs: readonly Tensor[];
}

export interface Tensor {
  readonly graph: Graph;
  readonly node: GraphNode;
  /** Position among the node's outputs. */
  readonly output: number;
  readonly dtype: ElementType;
  readonly shape: Shape;
}

export interface Variable {
  readonly name: string;
  readonly handle: Tensor;
  /** The value before any update of the same call. */
  readonly value: Tensor;
  readonly shape: Shape;
}

export interface SignatureSpec {
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** Side effects that every output waits for. */
  readonly after?: readonly GraphNode[];
}

export function shapeText(shape: Shape): string {
  return `[${shape.map((extent) => extent ?? '?').join(', ')}]`;
}

/** A mistake of the code that builds a graph: names the op and what it was given. */
export function graphError(op: string, problem: string): AppError {
  return new AppError('internal', `${op}: ${problem}`, { reason: 'GRAPH' });
}

/** `node:output`, as feeds and fetches name it. */
export function tensorName(tensor: Tensor): string {
  return `${tensor.node.name}:${tensor.output}`;
}

export class Graph {
  readonly #nodes: GraphNode[] = [];
  readonly #names = new Set<string>();
  readonly #signatures = new Map<string, Signature>();

  get nodes(): readonly GraphNode[] {
    return this.#nodes;
  }

  get signatures(): ReadonlyMap<string, Signature> {
    return this.#signatures;
  }

  /** Adds a node. Without a name it is called after its op. */
  add(spec: NodeSpec, name?: string): GraphNode {
    for (const input of spec.inputs) {
      if (input.graph !== this) throw graphError(spec.op, `input ${tensorName(input)} is of another graph`);
    }
    const unique = name ?? `${spec.op}_${this.#nodes.length}`;
    if (!/^[A-Za-z0-9.][A-Za-z0-9_./-]*$/.test(unique) || this.#names.has(unique)) {
      throw graphError(spec.op, `the node name ${unique} is taken or not a valid name`);
    }
    this.#names.add(unique);
    const outputs: Tensor[] = [];
    const node: GraphNode = { name: unique, spec, outputs };
    for (const [output, { dtype, shape }] of spec.outputs.entries()) {
      outputs.push({ graph: this, node, output, dtype, shape });
    }
    this.#nodes.push(node);
    return node;
  }

  placeholder(name: string, dtype: FeedType, shape: Shape): Tensor {
    const attributes = { dtype: typeAttr(dtype), shape: shapeAttr(shape) };
    return this.#single({ op: 'Placeholder', inputs: [], attributes, outputs: [{ dtype, shape }] }, name);
  }

  /** State that lives as long as the session. It has no value until a signature assigns one. */
  variable(name: string, shape: Shape): Variable {
    const dtype = 'float32';
    const types = { dtype: typeAttr(dtype), shape: shapeAttr(shape) };
    const handle = this.#single(
      {
        op: 'VarHandleOp',
        inputs: [],
        attributes: { ...types, shared_name: textAttr(name) },
        outputs: [{ dtype: 'resource', shape: [] }],
      },
      name,
    );
    const value = this.#single(
      {
        op: 'ReadVariableOp',
        inputs: [handle],
        attributes: { dtype: typeAttr(dtype) },
        outputs: [{ dtype, shape }],
      },
      `${name}/read`,
    );
    return { name, handle, value, shape };
  }

  /** Declares a callable entry. Placeholders that an output needs and `inputs` lacks fail at the call. */
  signature(name: string, spec: SignatureSpec): void {
    if (this.#signatures.has(name)) throw graphError('signature', `${name} is declared twice`);
    const inputs = new Map<string, Endpoint<FeedType>>();
    for (const [key, tensor] of Object.entries(spec.inputs)) {
      const { dtype, shape } = tensor;
      if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'uint8') {
        throw graphError('signature', `input ${key} of ${name} is ${dtype}, which cannot be fed`);
      }
      inputs.set(key, { name: tensorName(tensor), dtype, shape });
    }
    const outputs = new Map<string, Endpoint<FetchType>>();
    for (const [key, tensor] of Object.entries(spec.outputs)) {
      const { dtype, shape } = tensor;
      if (dtype !== 'float32' && dtype !== 'int32') {
        throw graphError('signature', `output ${key} of ${name} is ${dtype}, which cannot be fetched`);
      }
      const fetched = this.#single(
        {
          op: 'Identity',
          inputs: [tensor],
          controls: spec.after ?? [],
          attributes: { T: typeAttr(dtype) },
          outputs: [{ dtype, shape }],
        },
        `${name}/${key}`,
      );
      outputs.set(key, { name: tensorName(fetched), dtype, shape });
    }
    this.#signatures.set(name, { inputs, outputs });
  }

  #single(spec: NodeSpec, name?: string): Tensor {
    return this.add(spec, name).outputs[0] as Tensor;
  }
}
