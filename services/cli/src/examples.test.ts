import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { parseSpec } from '@alarena/config';
import { strategyNames } from '@alarena/strategies';

const examples = new URL('../../../examples/', import.meta.url);

function specOf(file: string) {
  return parseSpec(readFileSync(new URL(file, examples), 'utf8'), { file });
}

describe('the examples', () => {
  for (const file of readdirSync(examples)) {
    test(`${file} is a valid spec, named as its file`, () => {
      assert.equal(`${specOf(file).name}.yaml`, file);
    });
  }

  test('all-strategies has every one of them', () => {
    const names = specOf('all-strategies.yaml').strategies.map(({ name }) => name);
    assert.deepEqual(names, strategyNames);
  });
});
