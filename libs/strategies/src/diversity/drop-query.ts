// DropQuery: samples whose predicted class changes in more than half of a few passes with dropout, one for each of k
// clusters of their features.

import { counterRandom, type NdArray } from '@alarena/core';
import { procedure } from '../define.js';
import { argmax } from './argmax.js';
import { idsInOrder, rowsAtPositions, rowsById } from './by-id.js';
import { DRAW } from './draws.js';
import { representatives } from './representatives.js';

export const dropQuery = procedure(
  {
    name: 'drop_query',
    summary: 'samples whose class changes under dropout, one for each of k clusters of their features',
    signals: ['probabilities', 'monteCarlo', 'z'],
    labelledSignals: [],
    leastPasses: 3,
    parameters: [
      {
        ...{ name: 'passes', type: 'integer', default: 3, min: 1, max: 1000 },
        summary: 'how many of the Monte-Carlo passes, the first ones, are asked',
      },
    ],
    source: {
      paper: 'Gupte et al., Revisiting Active Learning in the Era of Vision Foundation Models, 2024',
      reference: 'arXiv 2401.14555',
      equation:
        'Σ_t [argmax q_t ≠ argmax p] > T / 2, T = 3; k-means to k on z, nearest to each centre (section 4)',
    },
    cost: 'O(T N C + s n k d)',
    semantics: 1,
  },
  (pool, k, parameters, random, tools) => {
    const draws = counterRandom(random);
    const monteCarlo = pool.signal('monteCarlo');
    const passes = Math.min(parameters.passes as number, monteCarlo.shape[0] ?? 0);
    const changes = classChanges(pool.signal('probabilities'), monteCarlo, passes);
    const ids = idsInOrder(pool);
    const shares = Array.from(pool.order, (position) => (changes[position] as number) / passes);
    const unsure = shares.flatMap((share, position) => (share > 1 / 2 ? [position] : []));
    const candidates =
      unsure.length >= k
        ? unsure
        : mostChanged(shares, k, (at) => draws.uniform(ids[at] as number, DRAW.fill));
    const rows = rowsAtPositions(rowsById(pool, pool.signal('z')), candidates);
    const candidateIds = Int32Array.from(candidates, (position) => ids[position] as number);
    const picks = representatives(rows, candidateIds, k, draws, tools).map(
      (index) => candidates[index] as number,
    );
    return {
      ids: picks.map((position) => ids[position] as number),
      scores: picks.map((position) => shares[position] as number),
      notes:
        unsure.length >= k
          ? []
          : [
              `only ${unsure.length} samples change class in more than half of ${passes} passes: the others change in fewer`,
            ],
    };
  },
);

/** In how many of the first passes each sample is predicted another class. */
function classChanges(
  probabilities: NdArray<'float32'>,
  monteCarlo: NdArray<'float32'>,
  passes: number,
): Int32Array {
  const [size = 0, classes = 0] = probabilities.shape;
  const changes = new Int32Array(size);
  for (let row = 0; row < size; row++) {
    const predicted = argmax(probabilities.data, row * classes, classes);
    for (let pass = 0; pass < passes; pass++) {
      const offset = (pass * size + row) * classes;
      if (argmax(monteCarlo.data, offset, classes) !== predicted) changes[row] = (changes[row] as number) + 1;
    }
  }
  return changes;
}

/** The k positions with the highest share, ties by draw; ascending. */
function mostChanged(shares: readonly number[], k: number, draw: (position: number) => number): number[] {
  const places = shares.map((_, position) => draw(position));
  return shares
    .map((_, position) => position)
    .sort(
      (a, b) =>
        (shares[b] as number) - (shares[a] as number) || (places[a] as number) - (places[b] as number),
    )
    .slice(0, k)
    .sort((a, b) => a - b);
}
