import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, test } from 'node:test';
import { Graph, type Tensor } from './graph.js';
import { conv2d } from './ops/convolution.js';
import { add, greaterEqual, multiply } from './ops/elementwise.js';
import { biasAdd, matMul } from './ops/linear.js';
import { constantFloats, gather, reshapeInts } from './ops/shape.js';
import { applyMomentum, assign } from './ops/update.js';
import { compile, encodeSavedModel } from './saved-model.js';

function input(graph: Graph, name: string, ...shape: readonly (number | null)[]): Tensor {
  return graph.placeholder(name, 'float32', shape);
}

describe('shape checks while a graph is built', () => {
  test('name the op and both shapes', () => {
    const graph = new Graph();
    const a = input(graph, 'a', null, 3);
    const b = input(graph, 'b', 4, 5);
    assert.throws(() => matMul(a, b), /MatMul: shapes \[\?, 3\] and \[4, 5\] do not multiply/);
    assert.throws(() => add(a, b), /AddV2: shapes \[\?, 3\] and \[4, 5\] do not broadcast/);
    assert.throws(() => biasAdd(a, constantFloats(graph, [1, 2])), /BiasAdd: shapes \[\?, 3\] and \[2\]/);
    assert.throws(() => reshapeInts(b, [3, -1]), /Reshape: \[4, 5\] does not fit \[3, -1\]/);
  });

  test('refuse other element types, other graphs and taken names', () => {
    const graph = new Graph();
    const a = input(graph, 'a', 2);
    const labels = graph.placeholder('labels', 'int32', [2]);
    assert.throws(() => multiply(a, labels), /element types float32 and int32 differ/);
    assert.throws(() => greaterEqual(labels, labels), /needs float32, got int32/);
    assert.throws(() => gather(a, a, 0), /GatherV2: needs int32, got float32/);
    assert.throws(() => add(a, input(new Graph(), 'b', 2)), /b:0 is of another graph/);
    assert.throws(() => input(graph, 'a', 2), /name a is taken/);
  });

  test('refuse a convolution whose channels differ or whose window does not fit', () => {
    const graph = new Graph();
    const x = input(graph, 'x', null, 4, 4, 2);
    assert.throws(
      () => conv2d(x, input(graph, 'w', 3, 3, 1, 8), { stride: 1, padding: 0 }),
      /channels of \[\?, 4, 4, 2\] and \[3, 3, 1, 8\] differ/,
    );
    assert.throws(
      () => conv2d(x, input(graph, 'v', 5, 5, 2, 8), { stride: 1, padding: 0 }),
      /a window of 5 does not fit/,
    );
  });

  test('refuse a value that does not fit its variable', () => {
    const graph = new Graph();
    const weight = graph.variable('weight', [2, 3]);
    const wrong = input(graph, 'wrong', 3, 2);
    assert.throws(() => assign(weight, wrong), /weight is \[2, 3\], the value \[3, 2\]/);
    const scalars = { learningRate: wrong, momentum: wrong };
    assert.throws(
      () => applyMomentum(weight, weight, scalars, wrong, []),
      /ResourceApplyMomentum: weight is/,
    );
  });

  test('refuse to feed or fetch what JavaScript cannot hold', () => {
    const graph = new Graph();
    const a = input(graph, 'a', 2);
    assert.throws(
      () => graph.signature('s', { inputs: {}, outputs: { mask: greaterEqual(a, a) } }),
      /output mask of s is bool/,
    );
  });
});

function counter(): Graph {
  const graph = new Graph();
  const total = graph.variable('total', [2]);
  const x = input(graph, 'x', 2);
  const next = add(total.value, x);
  graph.signature('start', { inputs: { x }, outputs: { x }, after: [assign(total, multiply(x, x))] });
  graph.signature('count', { inputs: { x }, outputs: { next }, after: [assign(total, next)] });
  graph.signature('read', { inputs: {}, outputs: { total: total.value } });
  return graph;
}

describe('a saved model', () => {
  test('is read back by the parser that tfjs-node ships', () => {
    const require = createRequire(import.meta.url);
    const messages = require('@tensorflow/tfjs-node/dist/proto/api_pb.js');
    const model = messages.SavedModel.deserializeBinary(encodeSavedModel(counter()));
    assert.equal(model.getSavedModelSchemaVersion(), 1);
    const meta = model.getMetaGraphsList()[0];
    assert.deepEqual(meta.getMetaInfoDef().getTagsList(), ['serve']);
    const names = meta
      .getGraphDef()
      .getNodeList()
      .map((node: { getName(): string }) => node.getName());
    for (const name of ['total', 'total/read', 'x', 'count/next']) assert.ok(names.includes(name), name);
    const signature = meta.getSignatureDefMap().get('count');
    assert.equal(signature.getInputsMap().get('x').getName(), 'x:0');
    assert.equal(signature.getOutputsMap().get('next').getName(), 'count/next:0');
    const node = meta
      .getGraphDef()
      .getNodeList()
      .find((each: { getName(): string }) => each.getName() === 'count/next');
    assert.match(node.getInputList().at(-1), /^\^AssignVariableOp/);
  });

  test('shares variables between its signatures and not with another session', () => {
    const [one, two] = [compile(counter()), compile(counter())];
    const feed = (...values: readonly number[]) => ({ x: { shape: [2], values: Float32Array.from(values) } });
    one.run('start', feed(1, 2));
    two.run('start', feed(5, 5));
    one.run('count', feed(10, 20));
    assert.deepEqual([...one.run('read', {}).total!.values], [11, 24]);
    assert.deepEqual([...two.run('read', {}).total!.values], [25, 25]);
    one.dispose();
    two.dispose();
  });
});
