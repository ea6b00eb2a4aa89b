// MaxHerding: greedy maximum coverage as ProbCover, with a smooth kernel instead of a ball, which needs no radius found.

import { counterRandom } from '@alarena/core';
import { herd } from '../algorithms/herding.js';
import { RowSpace } from '../algorithms/space.js';
import { procedure } from '../define.js';
import { rowsAtPositions, rowsById, unitRows } from './by-id.js';
import { CANDIDATES, subsetOf } from './subset.js';

export const maxHerding = procedure(
  {
    name: 'max_herding',
    summary: 'each pick raises most how near the pool is, by a smooth kernel, to labelled and picked samples',
    signals: ['z'],
    labelledSignals: ['z'],
    parameters: [
      {
        ...{ name: 'radius', type: 'number', default: 1, min: 1e-6 },
        summary: 'h of the kernel exp(-(distance / h)²)',
      },
      {
        ...{ name: 'unit_length', type: 'boolean', default: true },
        summary: 'scale features to length 1 first, as the authors do',
      },
      CANDIDATES,
    ],
    source: {
      paper: 'Bae, Noh and Sutherland, Generalized Coverage for More Robust Low-Budget Active Learning, 2024',
      reference: 'arXiv 2407.12212',
      equation: 'argmax_i mean_j max(0, K(z_j, z_i) - max_{c ∈ L ∪ picked} K(z_j, z_c)) (algorithm 1)',
    },
    cost: 'O(N² d)',
    semantics: 1,
  },
  (pool, k, parameters, random, { matrices, progress }) => {
    const subset = subsetOf(pool, k, parameters.candidates as number, counterRandom(random));
    const scaled = parameters.unit_length ? unitRows : (rows: ReturnType<typeof unitRows>) => rows;
    const rows = rowsAtPositions(rowsById(pool, pool.signal('z')), subset.positions);
    const space = new RowSpace(scaled(rows), matrices);
    const { labelled } = pool;
    const picks = herd(space, k, {
      radius: parameters.radius as number,
      weights: new Float64Array(space.size).fill(1),
      ...(labelled.size > 0 && { outside: new RowSpace(scaled(labelled.signal('z')), matrices) }),
      progress,
    });
    space.release();
    return {
      ids: picks.map(({ position }) => subset.ids[position] as number),
      scores: picks.map(({ gain }) => gain / space.size),
      notes: subset.notes,
    };
  },
);
