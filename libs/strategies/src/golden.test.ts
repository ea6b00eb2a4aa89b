import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { currentGolden, type Golden, goldenFile } from './golden.js';

const recorded: Golden = JSON.parse(readFileSync(goldenFile, 'utf8'));
const current = currentGolden();

describe('the output of a strategy changes only with its semantics version', () => {
  for (const [key, { ids, scores }] of Object.entries(current)) {
    test(key, () => {
      const golden = recorded[key];
      assert.ok(golden, `no golden selection for ${key}: npm run record --workspace @alarena/strategies`);
      const advice = `${key} gives another output: raise its semantics version, then npm run record`;
      assert.deepEqual(ids, golden.ids, advice);
      // Math.log may differ in the last bits between versions of the runtime.
      scores.forEach((score, at) => {
        const [a, b] = [score, golden.scores[at]!];
        assert.ok(
          Math.abs(a - b) <= 1e-12 * Math.max(1, Math.abs(b)),
          `${advice} (score ${at}: ${a}, was ${b})`,
        );
      });
    });
  }

  test('no vector of a strategy that is gone is kept', () => {
    assert.deepEqual(Object.keys(recorded).sort(), Object.keys(current).sort());
  });
});
