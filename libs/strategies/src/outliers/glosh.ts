// The samples that stand out most from the density around them: highest GLOSH scores of an HDBSCAN clustering.

import {
  densityClusters,
  hdbscanCost,
  hdbscanParameters,
  hdbscanSource,
} from '../clusters/density-clusters.js';
import { procedure, selectionOf } from '../define.js';
import type { LayerSignal, Strategy } from '../strategy.js';
import { TopK } from '../top-k.js';

export const mbOutliersGlosh = byGlosh(
  'mb_outliers_glosh',
  'the samples whose class activations stand out most from the density around them',
  'a2',
  100,
);

export const outlier = byGlosh(
  'outlier',
  'the samples whose features stand out most from the density around them',
  'z',
  500,
);

function byGlosh(name: string, summary: string, layer: LayerSignal, minClusterSize: number): Strategy {
  return procedure(
    {
      ...{ name, summary },
      signals: [layer],
      labelledSignals: [],
      parameters: hdbscanParameters(minClusterSize),
      source: {
        ...hdbscanSource,
        equation: 'GLOSH: 1 - λ(x) / λmax of the clusters below its own (section 5)',
      },
      cost: hdbscanCost,
      semantics: 2,
    },
    (pool, k, parameters, _random, tools) => {
      const whole = 'used GLOSH of the whole tree';
      const { ids, glosh, notes } = densityClusters(pool, layer, parameters, tools, whole);
      const best = new TopK(k);
      best.offer(glosh, ids);
      return { ...selectionOf(best.result()), notes };
    },
  );
}
