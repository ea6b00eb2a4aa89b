import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Graph } from '../graph.js';
import { compile } from '../saved-model.js';
import { randomNormal, randomUniform } from './random.js';
import { constantInts } from './shape.js';

test('draws are a function of the fed seed and follow their distribution', () => {
  const graph = new Graph();
  const seed = graph.placeholder('seed', 'int32', [2]);
  const extents = constantInts(graph, [20_000]);
  const uniform = randomUniform(extents, seed, [20_000]);
  const normal = randomNormal(extents, seed, [20_000]);
  graph.signature('draw', { inputs: { seed }, outputs: { uniform, normal } });
  const session = compile(graph);
  const draw = (...values: readonly number[]) =>
    session.run('draw', { seed: { shape: [2], values: Int32Array.from(values) } });
  const [first, again, other] = [draw(3, 4), draw(3, 4), draw(3, 5)];
  assert.deepEqual(again, first);
  assert.notDeepEqual(other.uniform, first.uniform);
  const moments = (name: string) => {
    const values = Float64Array.from(first[name]!.values);
    const mean = values.reduce((sum, value) => sum + value) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    return { mean, variance, least: Math.min(...values), most: Math.max(...values) };
  };
  const flat = moments('uniform');
  assert.ok(flat.least >= 0 && flat.most < 1);
  assert.ok(Math.abs(flat.mean - 1 / 2) < 0.01 && Math.abs(flat.variance - 1 / 12) < 0.005);
  const bell = moments('normal');
  assert.ok(Math.abs(bell.mean) < 0.03 && Math.abs(bell.variance - 1) < 0.05);
  session.dispose();
});
