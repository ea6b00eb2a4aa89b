import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { namedRandom } from '@alarena/core';
import { bald } from '../bayesian/bald.js';
import type { ScoredStrategy } from '../define.js';
import { syntheticPool } from '../synthetic-pool.js';
import { TopK } from '../top-k.js';
import { entropy } from './entropy.js';
import { entropySampling } from './modal.js';

/** More than any of them scores at a time. */
const SAMPLES = 20_000;

describe('picks of few', () => {
  for (const strategy of [entropy, entropySampling, bald] as ScoredStrategy[]) {
    for (const k of [1, 50, SAMPLES / 8]) {
      test(`${strategy.descriptor.name} of ${k} are the highest of all scores`, () => {
        const pool = syntheticPool(SAMPLES, k);
        const all = new TopK(k);
        all.offer(strategy.scorer({}, namedRandom(1))(pool), pool.ids);
        const { ids, scores } = all.result();
        const picked = strategy.select(pool, k, {}, namedRandom(1));
        assert.deepEqual([picked.ids, picked.scores], [Array.from(ids), Array.from(scores)]);
      });
    }
  }
});
