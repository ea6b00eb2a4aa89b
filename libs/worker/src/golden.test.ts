// The outputs of fits and inferences may change only with their semantics version: stored results would pass for new
// ones otherwise. When this fails on purpose, raise the version in libs/tasks (`semantics`) and record anew.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { type Golden, runGoldenTasks } from './golden-task.fixture.js';

/** Between machines: other instructions sum in another order. */
const tolerance = 1e-3;

function assertClose(what: string, actual: readonly number[], expected: readonly number[]): void {
  assert.equal(actual.length, expected.length, what);
  for (const [i, value] of actual.entries()) {
    const difference = Math.abs(value - expected[i]!);
    assert.ok(difference <= tolerance, `${what}[${i}] is ${value}, was ${expected[i]}`);
  }
}

test('fit and infer give what they gave under these semantics versions', async (t) => {
  const file = new URL('../testdata/golden.json', import.meta.url);
  const golden = JSON.parse(await readFile(file, 'utf8')) as Golden;
  const now = await runGoldenTasks(t);
  assert.deepEqual(now.semantics, golden.semantics, 'a version was raised: record testdata/golden.json anew');
  if (now.profile === golden.profile) {
    assert.deepEqual(now, golden);
    return;
  }
  t.diagnostic(`recorded under ${golden.profile}, this is ${now.profile}: compared within ${tolerance}`);
  assertClose('training loss', now.trainingLosses, golden.trainingLosses);
  for (const set of ['training', 'validation', 'test'] as const) {
    assertClose(`loss on ${set}`, [now.metrics[set]!.loss], [golden.metrics[set]!.loss]);
  }
  assertClose('probability', now.probabilities, golden.probabilities);
  assertClose('Monte-Carlo probability', now.monteCarlo, golden.monteCarlo);
});
