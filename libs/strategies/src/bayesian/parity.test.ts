// Picks recorded from baal and batchbald_redux (tools/reference/strategies/bayesian_cases.py).

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { ndarray } from '@alarena/core';
import { handPool, select } from '../property-suite.js';
import { bald } from './bald.js';
import { batchBald } from './batch-bald.js';
import { maxEntropy } from './max-entropy.js';

interface Recorded {
  readonly cases: readonly {
    readonly seed: number;
    readonly shape: readonly number[];
    readonly float32: string;
    readonly baal: { readonly [S in 'bald' | 'max_entropy' | 'batch_bald']: readonly number[] };
    readonly batchbald_redux: { readonly picks: readonly number[]; readonly scores: readonly number[] };
  }[];
}

const file = new URL('../../testdata/bayesian.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as Recorded;

for (const { seed, shape, float32, baal, batchbald_redux: redux } of cases) {
  describe(`on Monte-Carlo probabilities ${seed}`, () => {
    const bytes = new Uint8Array(Buffer.from(float32, 'base64'));
    const samples = shape[1] ?? 0;
    const pool = handPool(
      { monteCarlo: ndarray('float32', shape, new Float32Array(bytes.buffer)) },
      Array.from({ length: samples }, (_, i) => i),
    );

    for (const [strategy, expected] of [
      [bald, baal.bald],
      [maxEntropy, baal.max_entropy],
    ] as const) {
      test(`${strategy.descriptor.name} scores as baal does`, () => {
        const { ids, scores } = select(strategy, pool, samples);
        ids.forEach((id, at) => {
          assert.ok(Math.abs(scores[at]! - expected[id]!) < 1e-6, `${scores[at]} and ${expected[id]}`);
        });
      });
    }

    test('batch_bald picks what batchbald_redux picks, index for index, and baal as a set', () => {
      const { picks } = redux;
      const { ids, scores, notes } = select(batchBald, pool, picks.length);
      assert.deepEqual([ids, notes], [picks, []]);
      scores.forEach((score, at) => {
        assert.ok(Math.abs(score - redux.scores[at]!) < 1e-5, `${score} and ${redux.scores[at]}`);
      });
      assert.deepEqual(
        ids.toSorted((a, b) => a - b),
        baal.batch_bald,
      );
    });
  });
}
