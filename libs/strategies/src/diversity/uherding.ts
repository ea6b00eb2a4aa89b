// UHerding: MaxHerding weighted by uncertainty. It adapts to the number of labels: probabilities are calibrated on the
// validation set (flat after few labels), and the kernel's radius is the distance of the nearest two labelled samples.

import { AppError, counterRandom } from '@alarena/core';
import { entropies } from '../algorithms/entropies.js';
import { herd } from '../algorithms/herding.js';
import { RowSpace } from '../algorithms/space.js';
import { highest, topTwo } from '../algorithms/top-two.js';
import type { CheckedPool } from '../checks.js';
import { procedure } from '../define.js';
import type { Parameters } from '../parameters.js';
import { rowsAtPositions, rowsById, unitRows } from './by-id.js';
import { CANDIDATES, subsetOf } from './subset.js';
import { calibration, tempered } from './temperature.js';

export const uherding = procedure(
  {
    name: 'uherding',
    summary: 'each pick raises most how near uncertain samples of the pool are to labelled and picked ones',
    signals: ['probabilities', 'z'],
    labelledSignals: ['z'],
    validationSignals: ['probabilities', 'labels'],
    parameters: [
      {
        ...{ name: 'uncertainty', type: 'string', default: 'margin' },
        choices: ['margin', 'entropy', 'least_confidence'],
        summary: 'what samples are weighted by, after calibration',
      },
      {
        ...{ name: 'radius', type: 'number', default: 0, min: 0 },
        summary:
          'h of the kernel exp(-(distance / h)²), at least 1e-6; 0: the least distance between labelled samples, 1 before two',
      },
      {
        ...{ name: 'unit_length', type: 'boolean', default: true },
        summary: 'scale features to length 1 first, as the authors do',
      },
      CANDIDATES,
    ],
    source: {
      paper:
        'Bae, Oliveira and Sutherland, Uncertainty Herding: One Active Learning Method for All Label Budgets, 2025',
      reference: 'arXiv 2412.20644',
      equation: 'argmax_i mean_j U_j max(0, K(z_j, z_i) - max_{c ∈ L ∪ picked} K(z_j, z_c)) (algorithm 1)',
    },
    advice:
      'Covers the pool while labels are few, and turns to what is uncertain as the model gets better: one choice for all budgets.',
    cost: 'O(N² d)',
    semantics: 1,
  },
  (pool, k, parameters, random, { matrices, progress }) => {
    const subset = subsetOf(pool, k, parameters.candidates as number, counterRandom(random));
    const scaled = parameters.unit_length ? unitRows : (rows: ReturnType<typeof unitRows>) => rows;
    const rows = rowsAtPositions(rowsById(pool, pool.signal('z')), subset.positions);
    const space = new RowSpace(scaled(rows), matrices);
    const { labelled } = pool;
    const outside = labelled.size === 0 ? undefined : new RowSpace(scaled(labelled.signal('z')), matrices);
    const { weights, note } = uncertainties(pool, subset.positions, parameters);
    const radius = givenRadius(parameters) || (outside && leastDistance(outside)) || 1;
    const picks = herd(space, k, { radius, weights, ...(outside && { outside }), progress });
    space.release();
    return {
      ids: picks.map(({ position }) => subset.ids[position] as number),
      scores: picks.map(({ gain }) => gain / space.size),
      notes: [...subset.notes, note, `radius ${Number(radius.toPrecision(6))}`],
    };
  },
);

/** As small as `max_herding` takes it; below, squares of it run out. */
const LEAST_RADIUS = 1e-6;

function givenRadius({ radius }: Parameters): number {
  if (radius === 0 || (radius as number) >= LEAST_RADIUS) return radius as number;
  const description = `must be 0 or at least ${LEAST_RADIUS}, got ${radius}`;
  throw AppError.invalid('uherding cannot pick:', [{ field: 'parameters.radius', description }]);
}

type Uncertainty = 'margin' | 'entropy' | 'least_confidence';

const measures: Record<Uncertainty, (rows: Float64Array, classes: number) => Float64Array> = {
  margin: (rows, classes) => {
    const { first, second } = topTwo(rows, classes);
    return Float64Array.from(first, (highest, row) => 1 - (highest - (second[row] as number)));
  },
  entropy: (rows, classes) => entropies(rows, classes).map((entropy) => Math.max(0, entropy)),
  least_confidence: (rows, classes) =>
    Float64Array.from(highest(rows, classes).first, (highest) => 1 - highest),
};

/** Before there is a label nothing is known to be uncertain: all weigh the same, as the authors have it. */
function uncertainties(
  pool: CheckedPool,
  positions: readonly number[],
  parameters: Parameters,
): { weights: Float64Array; note: string } {
  if (pool.labelled.size === 0) {
    return {
      weights: new Float64Array(positions.length).fill(1),
      note: 'nothing is labelled: all weigh the same',
    };
  }
  const { validation } = pool;
  const inverse = calibration(
    rowsById(validation, validation.signal('probabilities')),
    validation.order.map((position) => validation.labels()[position] as number),
  );
  const { data, shape } = rowsById(pool, pool.signal('probabilities'));
  const classes = shape[1] ?? 0;
  const rows = new Float64Array(positions.length * classes);
  positions.forEach((position, row) => {
    rows.set(tempered(data, position * classes, classes, inverse), row * classes);
  });
  return {
    weights: measures[parameters.uncertainty as Uncertainty](rows, classes),
    note: `temperature ${Number((1 / inverse).toPrecision(6))}`,
  };
}

/** Between two different rows; 0 where there are none. */
function leastDistance(space: RowSpace): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < space.size; i++) {
    for (let j = 0; j < i; j++) {
      const squared = space.squaredDistance(i, j, least);
      if (squared > 0 && squared < least) least = squared;
    }
  }
  return Number.isFinite(least) ? Math.sqrt(least) : 0;
}
