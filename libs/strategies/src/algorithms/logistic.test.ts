import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { logistic, softplus } from './logistic.js';

const points = Array.from({ length: 4001 }, (_, i) => (i - 2000) / 50 + Math.sin(i) / 100);

describe('the logistic function and its loss', () => {
  test('are what Math.exp and Math.log1p make them, to a few last bits', () => {
    for (const x of [...points, 0, -0, 1e-9, -1e-9, 300, -300]) {
      assert.ok(relative(logistic(x), 1 / (1 + Math.exp(-x))) < 1e-15, `logistic ${x}`);
      const loss = Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x)));
      assert.ok(relative(softplus(x), loss) < 1e-15, `softplus ${x}`);
    }
  });

  test('stay finite, and in their range, for every finite number', () => {
    for (const x of [710, 745, 1e4, 1e300, Number.MAX_VALUE]) {
      assert.deepEqual([logistic(x), logistic(-x)], [1, 0]);
      assert.deepEqual([softplus(x), softplus(-x)], [x, 0]);
    }
  });
});

function relative(value: number, expected: number): number {
  return Math.abs(value - expected) / Math.abs(expected);
}
