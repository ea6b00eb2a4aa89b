// Parity with modAL 0.4.2.1 on recorded inputs: the same picks as sets (modAL breaks ties by position in an
// unstable sort), the same scores within the recorded tolerance (its arrays are float64, ours float32).

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { type NdArray, ndarray } from '@alarena/core';
import { bald } from '../bayesian/bald.js';
import { maxEntropy } from '../bayesian/max-entropy.js';
import { select, strategySuite } from '../property-suite.js';
import type { Selection, Strategy } from '../strategy.js';
import { entropy } from './entropy.js';
import { leastConfidence } from './least-confidence.js';
import { margin } from './margin.js';
import { entropySampling, marginSampling, uncertaintySampling } from './modal.js';

interface Vectors {
  k: number;
  scoreTolerance: number;
  picks: Record<string, number[]>;
  scores: Record<string, number[]>;
  mc: {
    shape: [number, number, number];
    k: number;
    probabilities: number[];
    picks: Record<string, number[]>;
    scores: Record<string, number[]>;
  };
}

const testdata = new URL('../../testdata/', import.meta.url);
const vectors: Vectors = JSON.parse(readFileSync(new URL('modal.json', testdata), 'utf8'));
const probabilities = readNpyMatrix(new URL('modal-probabilities.npy', testdata));
const classes = probabilities.shape[1]!;

for (const strategy of [uncertaintySampling, marginSampling, entropySampling]) {
  strategySuite(strategy, { draws: false });
}

describe('modAL picks the same', () => {
  // Our score in modAL's unit.
  const same = (score: number): number => score;
  const cases: [string, Strategy, (score: number) => number][] = [
    ['uncertainty_sampling', uncertaintySampling, same],
    ['margin_sampling', marginSampling, (score) => -score],
    ['entropy_sampling', entropySampling, same],
    ['uncertainty_sampling', leastConfidence, (score) => (score * (classes - 1)) / classes],
    ['margin_sampling', margin, (score) => 1 - score],
    ['entropy_sampling', entropy, (score) => score * Math.log(classes)],
  ];
  for (const [name, strategy, toModal] of cases) {
    test(`its ${name} and our ${strategy.descriptor.name}`, () => {
      const ids = Int32Array.from({ length: probabilities.shape[0]! }, (_, i) => i);
      const selection = select(strategy, { ids, signals: { probabilities } }, vectors.k);
      compare(selection, vectors.picks[name]!, vectors.scores[name]!, toModal);
    });
  }

  for (const strategy of [maxEntropy, bald]) {
    test(`${strategy.descriptor.name} over Monte-Carlo passes`, () => {
      const { mc } = vectors;
      const monteCarlo = passesFirst(mc.probabilities, mc.shape);
      const ids = Int32Array.from({ length: mc.shape[0] }, (_, i) => i);
      const selection = select(strategy, { ids, signals: { monteCarlo } }, mc.k);
      const { name } = strategy.descriptor;
      compare(selection, mc.picks[name]!, mc.scores[name]!, (score) => score);
    });
  }
});

function compare(got: Selection, picks: number[], scores: number[], toModal: (s: number) => number): void {
  assert.deepEqual(
    [...got.ids].sort((a, b) => a - b),
    picks,
  );
  got.ids.forEach((id, at) => {
    const difference = Math.abs(toModal(got.scores[at]!) - scores[id]!);
    assert.ok(difference < vectors.scoreTolerance, `sample ${id}: off by ${difference}`);
  });
}

/** N x C x T, as recorded, to T x N x C. */
function passesFirst(values: number[], [n, c, t]: [number, number, number]): NdArray<'float32'> {
  const data = new Float32Array(values.length);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < c; j++)
      for (let pass = 0; pass < t; pass++) data[(pass * n + i) * c + j] = values[(i * c + j) * t + pass]!;
  return ndarray('float32', [t, n, c], data);
}

/** The one form this test needs: version 1.0, little-endian float64, two axes in C order. */
function readNpyMatrix(file: URL): NdArray<'float32'> {
  const bytes = readFileSync(file);
  const headerEnd = 10 + bytes.readUInt16LE(8);
  const header = bytes.toString('latin1', 10, headerEnd);
  assert.match(header, /'descr': '<f8', 'fortran_order': False/);
  const shape = /\((\d+), (\d+)\)/.exec(header)!.slice(1).map(Number);
  const count = shape[0]! * shape[1]!;
  const data = Float32Array.from({ length: count }, (_, i) => bytes.readDoubleLE(headerEnd + 8 * i));
  return ndarray('float32', shape, data);
}
