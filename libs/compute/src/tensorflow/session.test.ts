import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AppError } from '@alarena/core';
import { Graph } from '../graph/graph.js';
import { add, cast } from '../graph/ops/elementwise.js';
import { compile } from '../graph/saved-model.js';
import { loadTensorflow } from './binding.js';
import { instructionSetOf, numericsProfile } from './numerics-profile.js';
import type { Feed, Session } from './session.js';

function adder(): Session {
  const graph = new Graph();
  const a = graph.placeholder('a', 'float32', [null, 2]);
  const b = graph.placeholder('b', 'uint8', [2]);
  const unset = graph.variable('unset', [2]);
  const sum = add(a, cast(b, 'float32'));
  graph.signature('add', { inputs: { a, b }, outputs: { sum, b: cast(b, 'int32') } });
  graph.signature('unset', { inputs: {}, outputs: { value: unset.value } });
  return compile(graph);
}

const a: Feed = { shape: [2, 2], values: Float32Array.of(1, 2, 3, 4) };
const b: Feed = { shape: [2], values: Uint8Array.of(10, 20) };

function violationsOf(run: () => unknown): readonly string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof AppError) return error.violations.map((v) => `${v.field}: ${v.description}`);
    throw error;
  }
  return [];
}

describe('a session', () => {
  test('runs a signature and holds no tensor afterwards', () => {
    const session = adder();
    const { binding } = loadTensorflow();
    const before = binding.getNumOfTensors();
    const outputs = session.run('add', { a, b });
    assert.deepEqual([...outputs.sum!.values], [11, 22, 13, 24]);
    assert.deepEqual(outputs.sum!.shape, [2, 2]);
    assert.deepEqual(outputs.b!.values, Int32Array.of(10, 20));
    assert.deepEqual(Object.keys(session.run('add', { a, b }, ['b'])), ['b']);
    assert.equal(binding.getNumOfTensors(), before);
    session.dispose();
  });

  test('says what is wrong with every feed', () => {
    const session = adder();
    assert.deepEqual(
      violationsOf(() => session.run('add', { a: { shape: [2, 3], values: new Float32Array(6) }, c: b })),
      [
        'a: must be float32 [?, 2], got float32 [2, 3]',
        'b: is missing, must be uint8 [2]',
        'c: is no input of signature add',
      ],
    );
    assert.deepEqual(
      violationsOf(() => session.run('add', { a: { shape: [3, 2], values: a.values }, b })),
      ['a: shape [3, 2] needs 6 values, got 4'],
    );
    assert.deepEqual(
      violationsOf(() => session.run('add', { a, b: { shape: [2], values: Int32Array.of(1, 2) } })),
      ['b: must be uint8 [2], got int32 [2]'],
    );
    assert.throws(() => session.run('subtract', {}), /no signature subtract/);
    assert.throws(() => session.run('add', { a, b }, ['difference']), /no output difference/);
    session.dispose();
  });

  test('reports what TensorFlow refuses, naming the signature, and can still run', () => {
    const session = adder();
    assert.throws(() => session.run('unset', {}), /signature unset.*unset/s);
    assert.equal(session.run('add', { a, b }).sum!.values[0], 11);
    session.dispose();
  });

  test('is freed by dispose, after which it refuses to run', () => {
    const { binding } = loadTensorflow();
    const before = binding.getNumOfSavedModels();
    const session = adder();
    assert.equal(binding.getNumOfSavedModels(), before + 1);
    session.dispose();
    session.dispose();
    assert.equal(binding.getNumOfSavedModels(), before);
    assert.throws(() => session.run('add', { a, b }), /disposed/);
  });
});

describe('the numerics profile', () => {
  test('names the widest instruction set of the processor', () => {
    assert.equal(instructionSetOf('flags\t\t: fpu avx avx2 avx512f fma\n', 'x64'), 'x64-avx512f');
    assert.equal(instructionSetOf('Features\t: fp asimd sve\n', 'arm64'), 'arm64-sve');
    assert.equal(instructionSetOf(undefined, 'arm64'), 'arm64');
  });

  test('holds what changes the last bits', () => {
    const profile = numericsProfile();
    assert.match(profile.tensorflow, /^\d+\.\d+\.\d+/);
    assert.equal(profile.threads, loadTensorflow().threads);
    assert.equal(profile.precision, 'float32');
  });

  test('another thread count than the loaded one is refused', () => {
    const { threads } = loadTensorflow();
    assert.throws(() => loadTensorflow({ threads: threads + 1 }), /already runs with/);
  });
});
