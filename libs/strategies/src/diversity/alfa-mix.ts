// ALFA-Mix: mix each sample's features a little with those of every class's labelled samples, in the direction in which
// the loss rises most; samples whose predicted class flips are candidates, one for each of k clusters of them is picked.

import { AppError, counterRandom, type NdArray } from '@alarena/core';
import type { KnownSamples } from '../check-known.js';
import { procedure } from '../define.js';
import { idsInOrder, rowsAtPositions, rowsById, unitRows } from './by-id.js';
import { DRAW, drawn } from './draws.js';
import { flipScales } from './flip-scales.js';
import { representatives } from './representatives.js';

export const alfaMix = procedure(
  {
    name: 'alfa_mix',
    summary: "samples whose class flips when their features are mixed a little with a class's, spread out",
    signals: ['h'],
    labelledSignals: ['h', 'labels'],
    classifier: true,
    parameters: [
      {
        ...{ name: 'step', type: 'number', default: 0.03125, min: 1e-6, max: 1 },
        summary:
          'how far to mix at first, and by how much more until over k samples have flipped, up to 1 in all',
      },
    ],
    source: {
      paper: 'Parvaneh et al., Active Learning by Feature Mixing, 2022',
      reference: 'arXiv 2203.07034',
      equation: 'α* = ε ‖h* - h‖ ∇ / ‖∇‖ ⊘ (h* - h), class flips at α* h* + (1 - α*) h (equations 5 to 7)',
    },
    cost: 'O(N C (d + C) + s n k d)',
    semantics: 2,
  },
  (pool, k, parameters, random, tools) => {
    const draws = counterRandom(random);
    const ids = idsInOrder(pool);
    const classifier = pool.classifier();
    const features = rowsById(pool, pool.signal('h'));
    const anchors = classMeans(pool.labelled, classifier.shape[0] ?? 0);
    const scales = flipScales(features, classifier, anchors);
    const { candidates, cap } = flipped(scales, k, parameters.step as number, features.shape[1] ?? 0);
    const candidateIds = Int32Array.from(candidates, (position) => ids[position] as number);
    const rows = unitRows(rowsAtPositions(features, candidates));
    const picks = representatives(rows, candidateIds, Math.min(k, candidates.length), draws, tools).map(
      (index) => candidates[index] as number,
    );
    const chosen = new Set(picks);
    const others = Array.from(ids, (_, position) => position).filter((position) => !chosen.has(position));
    const fill = drawn(others, ids, k - picks.length, draws, DRAW.fill);
    return {
      ids: [...picks, ...fill].map((position) => ids[position] as number),
      scores: [...picks.map(() => 1), ...fill.map(() => 0)],
      notes:
        fill.length === 0
          ? []
          : [
              `only ${picks.length} samples flip at a scale of ${cap}: ${fill.length} of ${k} drawn uniformly`,
            ],
    };
  },
);

/** The smallest multiple of `step` (up to 1) at which more than k flip, and those that do, ascending. */
function flipped(
  scales: Float64Array,
  k: number,
  step: number,
  width: number,
): { candidates: number[]; cap: number } {
  const reachOf = (cap: number): number => cap / Math.sqrt(width);
  const enough = scales.toSorted()[k] ?? Number.POSITIVE_INFINITY;
  // All at 1: so many steps at the most.
  let steps = Math.ceil(1 / step);
  if (enough < reachOf(1)) {
    // The first step beyond, whatever rounding makes of the quotient.
    steps = Math.max(1, Math.floor((enough * Math.sqrt(width)) / step) - 1);
    while (reachOf(steps * step) <= enough) steps++;
  }
  const cap = Math.min(1, steps * step);
  const candidates = Array.from(scales.keys()).filter((at) => (scales[at] as number) < reachOf(cap));
  return { candidates, cap };
}

/** Mean features of each class's labelled samples, those of all where a class has none: C x width. */
function classMeans(labelled: KnownSamples, classes: number): Float64Array {
  if (labelled.size === 0) {
    const description = 'alfa_mix mixes with labelled samples, and none is labelled yet';
    throw AppError.invalid('alfa_mix cannot pick:', [{ field: 'labelled', description }]);
  }
  const h: NdArray<'float32'> = rowsById(labelled, labelled.signal('h'));
  const width = h.shape[1] ?? 0;
  const labels = labelled.labels();
  const sums = new Float64Array((classes + 1) * width);
  const counts = new Int32Array(classes + 1);
  const add = (row: number, to: number): void => {
    counts[to] = (counts[to] as number) + 1;
    for (let at = 0; at < width; at++) {
      sums[to * width + at] = (sums[to * width + at] as number) + (h.data[row * width + at] as number);
    }
  };
  labelled.order.forEach((position, row) => {
    const label = labels[position] as number;
    if (label >= classes) {
      const description = `must be classes from 0 to ${classes - 1}, got ${label} for sample ${labelled.ids[position]}`;
      throw AppError.invalid('alfa_mix cannot pick:', [{ field: 'labelled.labels', description }]);
    }
    add(row, label);
    add(row, classes);
  });
  return Float64Array.from({ length: classes * width }, (_, at) => {
    const label = Math.floor(at / width);
    const from = counts[label] === 0 ? classes : label;
    return (sums[from * width + (at % width)] as number) / (counts[from] as number);
  });
}
