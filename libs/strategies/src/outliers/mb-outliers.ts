// Model-based outliers: samples that activate the layers of the classifier's head least.

import type { NdArray } from '@alarena/core';
import { byScore } from '../define.js';
import type { StrategyDescriptor } from '../strategy.js';

const LAYERS = ['a0', 'a1', 'a2'] as const;

const described = {
  signals: LAYERS,
  labelledSignals: [],
  parameters: [],
  cost: 'O(N d)',
  semantics: 1,
} satisfies Partial<StrategyDescriptor>;

const source = {
  paper: 'Monarch, Human-in-the-Loop Machine Learning, 2021',
  reference: '',
};

export const mbOutliersMean = byScore(
  {
    ...described,
    name: 'mb_outliers_mean',
    summary: "the samples that activate the layers of the model's head least on average",
    source: { ...source, equation: '-(mean(a0) + mean(a1) + mean(a2)) / 3 (chapter 4)' },
  },
  (part) => {
    const scores = new Float64Array(part.size);
    for (const layer of LAYERS) subtractMeans(scores, part.signal(layer));
    return scores.map((score) => score / LAYERS.length);
  },
);

export const mbOutliersMax = byScore(
  {
    ...described,
    name: 'mb_outliers_max',
    summary: "the samples whose most active unit in the layers of the model's head is least active",
    source: { ...source, equation: '-max over all units of a0, a1 and a2 (chapter 4)' },
  },
  (part) => {
    const highest = new Float64Array(part.size).fill(Number.NEGATIVE_INFINITY);
    for (const layer of LAYERS) raiseToMaxima(highest, part.signal(layer));
    return highest.map((value) => 0 - value);
  },
);

function subtractMeans(scores: Float64Array, { data, shape }: NdArray<'float32'>): void {
  const width = shape[1] ?? 1;
  for (let row = 0, at = 0; row < scores.length; row++) {
    let sum = 0;
    for (const end = at + width; at < end; at++) sum += data[at] as number;
    scores[row] = (scores[row] as number) - sum / width;
  }
}

function raiseToMaxima(highest: Float64Array, { data, shape }: NdArray<'float32'>): void {
  const width = shape[1] ?? 1;
  for (let row = 0, at = 0; row < highest.length; row++) {
    let value = highest[row] as number;
    for (const end = at + width; at < end; at++) if ((data[at] as number) > value) value = data[at] as number;
    highest[row] = value;
  }
}
