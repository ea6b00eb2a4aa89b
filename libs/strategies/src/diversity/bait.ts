// BAIT: pick the samples whose Fisher information of the last layer, together with that of what is labelled, best covers
// the whole pool's: tr((λ I + M)⁻¹ F) is lowered greedily by 2k samples, then k of them are taken out again.

import type { NdArray } from '@alarena/core';
import { FisherPart, type FisherSamples, type FisherShape, information } from '../algorithms/fisher.js';
import { forwardBackward } from '../algorithms/forward-backward.js';
import { procedure } from '../define.js';
import { idsInOrder, rowsById } from './by-id.js';

export const bait = procedure(
  {
    name: 'bait',
    summary: "samples whose Fisher information (last layer) best covers the whole pool's",
    signals: ['h', 'probabilities'],
    labelledSignals: ['h', 'probabilities'],
    parameters: [
      {
        ...{ name: 'ridge', type: 'number', default: 1, min: 1e-6 },
        summary: 'λ: added to the information of what is labelled',
      },
      {
        ...{ name: 'most_weights', type: 'integer', default: 1536, min: 1, max: 8192 },
        summary: 'with more weights (classes times width) classes are taken to be independent',
      },
    ],
    source: {
      paper: 'Ash et al., Gone Fishing: Neural Active Learning with Fisher Embeddings, 2021',
      reference: 'arXiv 2106.09675',
      equation: 'min tr((λ I + Σ_{L ∪ picked} I(x))⁻¹ I(pool)), I(x) = (diag p - p pᵀ) ⊗ h hᵀ (algorithm 1)',
    },
    cost: 'O(N C² d² + C³ d³ + k N C² d)',
    semantics: 2,
  },
  (pool, k, parameters, _random, { progress }) => {
    const ids = idsInOrder(pool);
    const { labelled } = pool;
    const own = samplesOf(rowsById(pool, pool.signal('h')), rowsById(pool, pool.signal('probabilities')));
    const known =
      labelled.size === 0
        ? undefined
        : samplesOf(
            rowsById(labelled, labelled.signal('h')),
            rowsById(labelled, labelled.signal('probabilities')),
          );
    const reason = reasonToSplit(pool.size, own, parameters.most_weights as number);
    const independent = reason !== undefined;
    const scale = 1 / (labelled.size + k);
    const ridge = parameters.ridge as number;
    let raised = 0;
    const parts = (independent ? Array.from({ length: own.classes }, (_, c) => c) : [undefined]).map(
      (only): FisherPart => {
        const shape: FisherShape =
          only === undefined ? { d: own.d, q: own.classes, r: own.classes } : { d: own.d, q: 1, r: 1 };
        const pooled = factored(own, only, 1);
        const whole = information(pooled, shape);
        const labelledSum = known && information(factored(known, only, 1), shape);
        const count = pool.size + labelled.size;
        const fisher = whole.map((value, at) => (value + (labelledSum?.[at] ?? 0)) / count);
        const before = labelledSum?.map((value) => value * scale);
        const least = LEAST_RIDGE * meanDiagonal(fisher, shape.q * shape.d);
        if (ridge < least) raised = Math.max(raised, least);
        const factors = factored(own, only, Math.sqrt(k * scale));
        return new FisherPart(factors, shape, fisher, Math.max(ridge, least), before);
      },
    );
    const picks = forwardBackward(parts, pool.size, k, progress);
    return {
      ids: picks.map(({ position }) => ids[position] as number),
      scores: picks.map(({ gain }) => gain),
      notes: [
        ...(reason === undefined ? [] : [`classes taken to be independent: ${reason}`]),
        ...(raised === 0
          ? []
          : [`ridge raised to ${Number(raised.toPrecision(3))}: beside features so long ${ridge} is lost`]),
      ],
    };
  },
);

/** Of the mean information of a weight: what float64 keeps of a ridge is lost twice in M⁻¹ F M⁻¹. */
const LEAST_RIDGE = 1e-6;

function meanDiagonal(matrix: Float64Array, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += matrix[i * n + i] as number;
  return sum / n;
}

/** Of the pool: a number for each two classes of each sample, 16 bytes each. */
const MOST_FACTORS = 2 ** 26;

/** Why classes are not taken together, where they are not. */
function reasonToSplit(size: number, { classes, d }: Samples, mostWeights: number): string | undefined {
  if (classes * d > mostWeights) return `${classes} x ${d} weights are more than ${mostWeights}`;
  if (size * classes ** 2 <= MOST_FACTORS) return undefined;
  return `${size} samples x ${classes}² pairs of classes are more than ${MOST_FACTORS}`;
}

interface Samples {
  readonly size: number;
  readonly d: number;
  readonly classes: number;
  readonly h: Float32Array;
  readonly p: Float32Array;
}

function samplesOf(h: NdArray<'float32'>, p: NdArray<'float32'>): Samples {
  return { size: h.shape[0] ?? 0, d: h.shape[1] ?? 0, classes: p.shape[1] ?? 0, h: h.data, p: p.data };
}

/** √scale L with L Lᵀ = diag p - p pᵀ: its column c is √p_c (e_c - p); of one class alone √(p_c (1 - p_c)). */
function factored({ size, classes, h, p }: Samples, only: number | undefined, scale: number): FisherSamples {
  if (only !== undefined) {
    const factors = Float64Array.from({ length: size }, (_, sample) => {
      const own = p[sample * classes + only] as number;
      return scale * Math.sqrt(Math.max(0, own * (1 - own)));
    });
    return { size, h, factors };
  }
  const factors = new Float64Array(size * classes * classes);
  for (let sample = 0; sample < size; sample++) {
    for (let a = 0; a < classes; a++) {
      for (let c = 0; c < classes; c++) {
        const [pa, pc] = [p[sample * classes + a] as number, p[sample * classes + c] as number];
        factors[(sample * classes + a) * classes + c] = scale * Math.sqrt(pc) * (Number(a === c) - pa);
      }
    }
  }
  return { size, h, factors };
}
