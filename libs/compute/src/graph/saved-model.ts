// Writes a graph as a SavedModel, the form in which TensorFlow loads a graph with its signatures. There is no
// `variables/` folder: values are assigned by a signature.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type NodeDef,
  SavedModel,
  type SignatureDef,
  type TensorInfo,
} from '../gen/tensorflow/saved_model.js';
import { type Endpoint, openSession, type Session } from '../tensorflow/session.js';
import { dataTypeOf, shapeProto } from './attributes.js';
import { type Graph, type GraphNode, tensorName } from './graph.js';

function nodeDef({ name, spec }: GraphNode): NodeDef {
  const controls = (spec.controls ?? []).map((node) => `^${node.name}`);
  return {
    name,
    op: spec.op,
    // Control inputs come after data inputs.
    input: [...spec.inputs.map(tensorName), ...controls],
    device: '',
    attr: { ...spec.attributes },
  };
}

function tensorInfos(ends: ReadonlyMap<string, Endpoint<'float32' | 'int32' | 'uint8'>>) {
  const infos: Record<string, TensorInfo> = {};
  for (const [key, { name, dtype, shape }] of ends) {
    infos[key] = {
      encoding: { $case: 'name', value: name },
      dtype: dataTypeOf(dtype),
      tensorShape: shapeProto(shape),
    };
  }
  return infos;
}

/** The bytes of `saved_model.pb`. */
export function encodeSavedModel(graph: Graph): Uint8Array {
  const signatureDef: Record<string, SignatureDef> = {};
  for (const [name, { inputs, outputs }] of graph.signatures) {
    signatureDef[name] = {
      inputs: tensorInfos(inputs),
      outputs: tensorInfos(outputs),
      methodName: 'tensorflow/serving/predict',
    };
  }
  return SavedModel.encode({
    savedModelSchemaVersion: 1n,
    metaGraphs: [
      {
        metaInfoDef: { tags: ['serve'] },
        graphDef: { node: graph.nodes.map(nodeDef), versions: undefined },
        signatureDef,
      },
    ],
  }).finish();
}

/** Opens a session on the graph. The file on the way there is gone when this returns. */
export function compile(graph: Graph): Session {
  const directory = mkdtempSync(join(tmpdir(), 'alarena-graph-'));
  try {
    writeFileSync(join(directory, 'saved_model.pb'), encodeSavedModel(graph));
    return openSession(directory, graph.signatures);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
