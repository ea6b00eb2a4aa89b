// ProbCover: greedy maximum coverage. Each pick is the sample whose ball of radius δ holds the most samples that no ball
// of a labelled or picked one holds yet. For small budgets.

import { counterRandom } from '@alarena/core';
import type { Balls } from '../algorithms/balls.js';
import { bestKMeans } from '../algorithms/k-means.js';
import { findBalls } from '../algorithms/pure-balls.js';
import { longest, margins, RowSpace } from '../algorithms/space.js';
import { procedure } from '../define.js';
import { idsInOrder, rowsById, unitRows } from './by-id.js';
import { DRAW, drawn } from './draws.js';

export const probCover = procedure(
  {
    name: 'prob_cover',
    summary: 'each pick covers the most samples (within δ) that nothing labelled or picked covers yet',
    signals: ['z', 'probabilities'],
    labelledSignals: ['z'],
    parameters: [
      {
        ...{ name: 'delta', type: 'number', default: 0, min: 0 },
        summary: 'the radius δ; 0: the largest at which enough balls are pure',
      },
      {
        ...{ name: 'purity', type: 'number', default: 0.95, min: 0.01, max: 1 },
        summary:
          'the share of balls that must hold samples of one cluster only, of as many clusters as classes',
      },
      {
        ...{ name: 'unit_length', type: 'boolean', default: true },
        summary: 'scale features to length 1 first, as the authors do',
      },
    ],
    source: {
      paper: 'Yehuda et al., Active Learning Through a Covering Lens, 2022',
      reference: 'arXiv 2205.11320',
      equation:
        'argmax_i |{j not covered: ‖z_i - z_j‖ < δ}|, δ the largest with purity 0.95 (algorithm 1, section 3.3)',
    },
    advice:
      'Made for the first labels, a few a class; later on, strategies that know of uncertainty overtake it.',
    cost: 'O(N² d)',
    semantics: 2,
  },
  (pool, k, parameters, random, { matrices, progress }) => {
    const ids = idsInOrder(pool);
    const draws = counterRandom(random);
    const scaled = parameters.unit_length ? unitRows : (rows: Parameters<typeof unitRows>[0]) => rows;
    const space = new RowSpace(scaled(rowsById(pool, pool.signal('z'))), matrices);
    const delta = parameters.delta as number;
    const clusters = Math.min(pool.size, pool.signal('probabilities').shape[1] ?? 0);
    const radius =
      delta > 0
        ? { squared: delta ** 2 }
        : {
            labels: bestKMeans(space, {
              ...{ clusters, matrices, ids, progress: () => {} },
              starts: [draws, ...Array.from({ length: STARTS - 1 }, () => counterRandom(random))],
            }).labels,
            share: parameters.purity as number,
          };
    const { balls, squaredRadius } = findBalls(space, radius, progress);
    const covered =
      pool.labelled.size === 0
        ? new Uint8Array(pool.size)
        : coveredBy(space, new RowSpace(scaled(pool.labelled.signal('z')), matrices), squaredRadius);
    space.release();
    const picks = cover(balls, covered, k);
    const chosen = new Set(picks.map(({ position }) => position));
    const others = Array.from(ids.keys()).filter((position) => !chosen.has(position));
    const fill = drawn(others, ids, k - picks.length, draws, DRAW.fill);
    const notes = delta > 0 ? [] : [`δ = ${Math.sqrt(squaredRadius)}`];
    if (fill.length > 0)
      notes.push(`all covered after ${picks.length} of ${k} picks: the others drawn uniformly`);
    return {
      ids: [...picks.map(({ position }) => position), ...fill].map((position) => ids[position] as number),
      scores: [...picks.map(({ count }) => count), ...fill.map(() => 0)],
      notes,
    };
  },
);

/** Of k-means: one alone often leaves two groups in one cluster, and then the radius is another. */
const STARTS = 5;

/** Greedy picks, up to k, for as long as there is something to cover. */
function cover(balls: Balls, covered: Uint8Array, k: number): { position: number; count: number }[] {
  const counts = balls.counts(covered);
  const picks: { position: number; count: number }[] = [];
  while (picks.length < k) {
    let position = 0;
    counts.forEach((count, i) => {
      if (count > (counts[position] as number)) position = i;
    });
    const count = counts[position] as number;
    if (count === 0) break;
    picks.push({ position, count });
    const fresh = covered[position] === 0 ? [position] : [];
    balls.visit([position], (_, other) => {
      if (covered[other] === 0) fresh.push(other);
    });
    for (const sample of fresh) {
      covered[sample] = 1;
      counts[sample] = (counts[sample] as number) - 1;
    }
    balls.visit(fresh, (_, other) => {
      counts[other] = (counts[other] as number) - 1;
    });
  }
  return picks;
}

/** Which samples lie within the radius of a labelled one. */
function coveredBy(space: RowSpace, labelled: RowSpace, squaredRadius: number): Uint8Array {
  const covered = new Uint8Array(space.size);
  const margin = margins(space, longest(labelled));
  const block = 256;
  for (let from = 0; from < labelled.size; from += block) {
    const to = Math.min(from + block, labelled.size);
    const products = space.productsWith(labelled, { from, to });
    for (let row = from; row < to; row++) {
      for (let i = 0; i < space.size; i++) {
        if (covered[i] !== 0) continue;
        const sum = (space.squaredNorms[i] as number) + (labelled.squaredNorms[row] as number);
        const squared = sum - 2 * (products[(row - from) * space.size + i] as number);
        const around = margin[i] as number;
        if (squared - around >= squaredRadius) continue;
        const near =
          squared + around < squaredRadius ||
          space.squaredDistanceTo(labelled, i, row, squaredRadius) < squaredRadius;
        if (near) covered[i] = 1;
      }
    }
  }
  labelled.release();
  return covered;
}
