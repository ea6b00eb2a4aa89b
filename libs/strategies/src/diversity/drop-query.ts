// DropQuery: samples whose predicted class changes in more than half of a few passes with dropout on the features that
// the last layer reads, one for each of k clusters of these features. The dropout is the strategy's own: a model trained
// without will do.

import { counterRandom } from '@alarena/core';
import { procedure } from '../define.js';
import { idsInOrder, rowsAtPositions, rowsById, unitRows } from './by-id.js';
import { DRAW } from './draws.js';
import { classChanges, randomMasks } from './dropped-features.js';
import { representatives } from './representatives.js';

export const dropQuery = procedure(
  {
    name: 'drop_query',
    summary: 'samples whose class changes when features are dropped, one for each of k clusters of them',
    signals: ['h'],
    labelledSignals: [],
    classifier: true,
    parameters: [
      {
        ...{ name: 'passes', type: 'integer', default: 3, min: 1, max: 1000 },
        summary: 'how many times features are dropped',
      },
      {
        ...{ name: 'dropout', type: 'number', default: 0.75, min: 0.01, max: 0.99 },
        summary: 'the chance of each feature of each sample to be dropped',
      },
    ],
    source: {
      paper: 'Gupte et al., Revisiting Active Learning in the Era of Vision Foundation Models, 2024',
      reference: 'arXiv 2401.14555',
      equation:
        'Σ_t [argmax f(h ⊙ m_t) ≠ argmax f(h)] > T / 2, m_t ~ dropout of 3/4, T = 3; k-means to k on h / ‖h‖, nearest to each centre (section 4)',
    },
    cost: 'O(T N C d + s n k d)',
    semantics: 2,
  },
  (pool, k, parameters, random, tools) => {
    const draws = counterRandom(random);
    const ids = idsInOrder(pool);
    const features = rowsById(pool, pool.signal('h'));
    const [passes, dropout] = [parameters.passes as number, parameters.dropout as number];
    const masks = randomMasks(draws, ids, dropout);
    const changes = classChanges(features, pool.classifier(), { passes, dropout, masks });
    const shares = Array.from(changes, (count) => count / passes);
    const unsure = shares.flatMap((share, position) => (share > 1 / 2 ? [position] : []));
    const candidates =
      unsure.length >= k
        ? unsure
        : mostChanged(shares, k, (at) => draws.uniform(ids[at] as number, DRAW.fill));
    const rows = unitRows(rowsAtPositions(features, candidates));
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
