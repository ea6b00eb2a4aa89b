import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseParameters } from './parameters.js';
import { invalid } from './property-suite.js';
import { families, getStrategy, strategies, strategyNames } from './registry.js';

describe('the registry', () => {
  test('finds every strategy by its name', () => {
    assert.equal(new Set(strategyNames).size, strategies.length);
    for (const name of strategyNames) assert.equal(getStrategy(name).descriptor.name, name);
  });

  test('has every strategy in one family', () => {
    assert.equal(new Set(families.map(({ name }) => name)).size, families.length);
    for (const family of families) assert.match(family.summary, /^[a-z].*[^.]$/);
    const members = families.flatMap((family) => family.strategies);
    assert.deepEqual(members, strategies);
  });

  test('suggests the nearest name, or says where they are listed', () => {
    assert.throws(
      () => getStrategy('margn'),
      invalid(/there is no strategy "margn"; did you mean "margin"\?/),
    );
    const nothingNear = /there is no strategy "xyzzy"; "alarena strategies" lists what there is/;
    assert.throws(() => getStrategy('xyzzy'), invalid(nothingNear));
  });

  for (const { descriptor } of strategies) {
    test(`${descriptor.name} is described in full`, () => {
      assert.match(descriptor.name, /^[a-z][a-z0-9_]*$/);
      assert.match(descriptor.summary, /^[a-z].*[^.]$/);
      assert.match(descriptor.cost, /^O\(.+\)$/);
      assert.ok(descriptor.source.paper.length > 0 && descriptor.source.equation.length > 0);
      assert.ok(Number.isInteger(descriptor.semantics) && descriptor.semantics >= 1);
      // Defaults obey their own schema.
      const defaults = Object.fromEntries(descriptor.parameters.map((p) => [p.name, p.default]));
      assert.deepEqual(parseParameters(descriptor, defaults), defaults);
    });
  }
});
