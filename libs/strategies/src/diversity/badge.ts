// BADGE: k-means++ seeding on the last layer's gradients under the predicted label, g = e ⊗ z with
// e = p - onehot(argmax p), never made: see `ProductPoints`.

import { counterRandom, type NdArray, ndarray } from '@alarena/core';
import { d2Sample } from '../algorithms/d2-sampling.js';
import { ProductPoints } from '../algorithms/product-points.js';
import { RowSpace } from '../algorithms/space.js';
import { highest } from '../algorithms/top-two.js';
import { procedure } from '../define.js';
import { idsInOrder, rowsById } from './by-id.js';

export const badge = procedure(
  {
    name: 'badge',
    summary: 'k-means++ seeding on gradient embeddings: uncertain and diverse at once',
    signals: ['probabilities', 'z'],
    labelledSignals: [],
    parameters: [],
    source: {
      paper: 'Ash et al., Deep Batch Active Learning by Diverse, Uncertain Gradient Lower Bounds, 2020',
      reference: 'arXiv 1906.03671',
      equation: 'D² sampling on (p - onehot(argmax p)) ⊗ z, first centre the largest norm (algorithm 1)',
    },
    advice: 'A safe choice for queries of tens to hundreds, at few and at many labels.',
    cost: 'O((N + k²) (C + d))',
    semantics: 2,
  },
  (pool, k, _parameters, random, { matrices, progress }) => {
    const ids = idsInOrder(pool);
    const errors = new RowSpace(predictionErrors(rowsById(pool, pool.signal('probabilities'))), matrices);
    const z = new RowSpace(rowsById(pool, pool.signal('z')), matrices);
    const gradients = new ProductPoints(errors, z);
    const first = gradients.squaredNorms.reduce(
      (best, squared, i, all) => (squared > (all[best] as number) ? i : best),
      0,
    );
    const picks = d2Sample(gradients, ids, k, first, counterRandom(random), progress);
    const copies = picks.filter(({ squaredDistance }) => squaredDistance === 0).length;
    return {
      ids: picks.map(({ position }) => ids[position] as number),
      scores: picks.map(({ squaredDistance }, at) =>
        at === 0 ? (gradients.squaredNorms[first] as number) : squaredDistance,
      ),
      notes:
        copies === 0
          ? []
          : [
              `${copies} of ${k} picks drawn uniformly: every sample left had the gradient of one picked before`,
            ],
    };
  },
);

/** p - onehot(argmax p), of equal ones the first. */
function predictionErrors({ shape, data }: NdArray<'float32'>): NdArray<'float32'> {
  const classes = shape[1] ?? 0;
  const errors = data.slice();
  const { first } = highest(data, classes);
  for (let row = 0; row < first.length; row++) {
    let predicted = row * classes;
    while (data[predicted] !== first[row]) predicted++;
    errors[predicted] = (errors[predicted] as number) - 1;
  }
  return ndarray('float32', shape, errors);
}
