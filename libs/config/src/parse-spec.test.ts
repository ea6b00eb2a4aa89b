import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { AppError } from '@alarena/core';
import { specSchema } from './json-schema.js';
import { parseSpec } from './parse-spec.js';

const root = new URL('../../../', import.meta.url);

function refusal(text: string): AppError {
  try {
    parseSpec(text, { file: 'my.yaml' });
  } catch (error) {
    assert.ok(error instanceof AppError);
    assert.equal(error.code, 'invalid-argument');
    return error;
  }
  return assert.fail('the spec was accepted');
}

describe('spec files', () => {
  test('syntax errors come with file, line and column', () => {
    const [violation] = refusal('name: x\nstrategies: [a\n').violations;
    assert.match(violation?.field ?? '', /^my\.yaml:3:1$/);
    assert.equal(refusal('name: x\nname: y\n').violations[0]?.field, 'my.yaml:2:1');
  });

  test('an empty file is refused as what it is', () => {
    assert.match(refusal('').message, /my\.yaml.*\n.*must be a mapping/);
  });

  test('aliases that lead nowhere or expand without bound are refused', () => {
    assert.match(refusal('name: *x').message, /my\.yaml.*alias/i);
    const bomb = ['a0: &a0 [x, x]'];
    for (let i = 1; i < 20; i++) bomb.push(`a${i}: &a${i} [*a${i - 1}, *a${i - 1}, *a${i - 1}]`);
    assert.match(refusal(bomb.join('\n')).message, /my\.yaml.*alias/i);
  });

  test('violations of fields name the file', () => {
    const refused = refusal('name: x');
    assert.match(refused.message, /^my\.yaml is not a valid spec:/);
    assert.ok(refused.violations.some(({ field }) => field === 'dataset'));
  });
});

describe('what the repository ships', () => {
  test('the quick example is the main job', () => {
    const spec = parseSpec(readFileSync(new URL('examples/mnist-quick.yaml', root), 'utf8'));
    assert.deepEqual(
      spec.strategies.map(({ as }) => as),
      ['random', 'margin', 'entropy', 'bald'],
    );
    assert.deepEqual(spec.seeds, [0, 1, 2]);
    assert.equal(spec.training.epochs * spec.training.minStepsPerEpoch, 300);
    assert.equal(spec.protocol.poolSize, 2000);
    assert.equal(spec.protocol.testSize, 10_000);
  });

  test('the long example differs from the quick one in strategies and seeds only', () => {
    const [quick, long] = ['mnist-quick', 'mnist-10seeds'].map((name) =>
      parseSpec(readFileSync(new URL(`examples/${name}.yaml`, root), 'utf8')),
    );
    assert.equal(long?.seeds.length, 10);
    assert.deepEqual(
      { ...long, name: '', strategies: [], seeds: [] },
      { ...quick, name: '', strategies: [], seeds: [] },
    );
  });

  test('the spec in the README is valid', () => {
    const [, spec] = /```yaml\n([\s\S]*?)```/.exec(readFileSync(new URL('README.md', root), 'utf8')) ?? [];
    assert.equal(parseSpec(spec ?? '', { file: 'README.md' }).seeds.length, 10);
  });

  test('docs/spec.schema.json is current (npm run schema writes it)', () => {
    const file = readFileSync(new URL('docs/spec.schema.json', root), 'utf8');
    assert.deepEqual(JSON.parse(file), JSON.parse(JSON.stringify(specSchema())));
  });
});
