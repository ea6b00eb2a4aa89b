import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { syntheticPool } from '../property-suite.js';
import { type Configurations, noLabels, withEveryLabel } from './configurations.js';
import { grouped } from './groups.js';
import { PassTables } from './pass-tables.js';

describe('groups of configurations', () => {
  const tables = [1, 2, 3, 4].map(
    (seed) => new PassTables(syntheticPool(30, seed, 0, 50).signals.monteCarlo!),
  );
  const labelled = (of: PassTables): Configurations =>
    [0, 1, 2].reduce((all, at) => withEveryLabel(all, of.of(at), of.classes), noLabels(of.passes));

  test('bound what the configurations tell from above, the nearer the more there are', () => {
    for (const of of tables) {
      const all = labelled(of);
      const bounds = [1, 4, all.size].map((count) => grouped(all, count));
      for (let sample = 3; sample < 30; sample++) {
        const table = of.of(sample);
        const exact = all.expectedEntropy(table);
        const [one = 0, four = 0, each = 0] = bounds.map((groups) => groups.expectedEntropy(table));
        assert.ok(one > four - 1e-12 && four > exact - 1e-12, `${one}, ${four}, ${exact}`);
        assert.ok(Math.abs(each - exact) < 1e-12, `${each}, ${exact}`);
      }
    }
  });

  test('of configurations that are all alike there is one', () => {
    for (const of of tables) {
      const all = labelled(of);
      all.posteriors.fill(1 / of.passes);
      assert.equal(grouped(all, 8).size, 1);
    }
  });
});
