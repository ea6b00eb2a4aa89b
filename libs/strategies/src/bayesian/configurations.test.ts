import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { namedRandom } from '@alarena/core';
import { syntheticPool } from '../property-suite.js';
import { DrawnConfigurations, noLabels, withEveryLabel } from './configurations.js';
import { PassTables } from './pass-tables.js';

describe('drawn configurations', () => {
  const tables = new PassTables(syntheticPool(20, 5, 0, 50).signals.monteCarlo!);
  const { passes, classes } = tables;
  const drawn = new DrawnConfigurations(passes, 100, namedRandom('drawn'));
  let exact = noLabels(passes);
  for (const sample of [0, 1]) {
    drawn.draw(tables.of(sample), classes);
    exact = withEveryLabel(exact, tables.of(sample), classes);
  }

  test('tell about what all of them tell, and a part of them nearly that', () => {
    for (let sample = 2; sample < 20; sample++) {
      const table = tables.of(sample);
      const expected = exact.expectedEntropy(table);
      assert.ok(Math.abs(drawn.all.expectedEntropy(table) - expected) < 0.02 * expected);
      assert.ok(Math.abs(drawn.part(0.1).expectedEntropy(table) - expected) < 0.06 * expected);
    }
  });

  test('a part has as many of each pass; the whole is no copy', () => {
    assert.equal(drawn.part(0.1).size, 10 * passes);
    assert.equal(drawn.part(0.001).size, passes);
    assert.equal(drawn.part(1), drawn.all);
  });

  test('stay finite after very many labels, also ones that no pass holds possible', () => {
    const certain = new Float64Array(2 * passes).fill(1, 0, passes);
    const many = new DrawnConfigurations(passes, 1, namedRandom('many'));
    for (let label = 0; label < 2000; label++) many.draw(tables.of(label % 20), classes);
    many.draw(certain, 2);
    assert.ok(Number.isFinite(many.all.expectedEntropy(tables.of(3))));
  });
});
