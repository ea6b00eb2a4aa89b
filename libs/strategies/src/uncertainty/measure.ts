// A measure of how unsure one class distribution is makes three strategies: on the softmax prediction, the same under the
// name that the reference experiment's PyTorch code had, and on the mean over Monte-Carlo passes.

import { scoreMeans } from '../algorithms/monte-carlo.js';
import type { Seen } from '../algorithms/top-two.js';
import { checkValues } from '../check-signals.js';
import { areFew, byScore, type Score, type ScoredStrategy } from '../define.js';
import type { Parameters } from '../parameters.js';
import type { StrategyDescriptor } from '../strategy.js';
import { TopK } from '../top-k.js';

export interface Scored extends Seen {
  readonly scores: Float64Array;
}

export interface Measure
  extends Pick<StrategyDescriptor, 'name' | 'summary' | 'parameters' | 'source' | 'semantics'> {
  /**
   * One score for each row of `classes` probabilities, the highest for the most uncertain. Scores below `floor` may come
   * out as -Infinity.
   */
  readonly score: (
    rows: Float32Array | Float64Array,
    classes: number,
    parameters: Parameters,
    floor: number,
  ) => Scored;
  /** The floor saves work. */
  readonly knowsLow?: boolean;
}

interface MeasureStrategies {
  readonly ofPrediction: ScoredStrategy;
  readonly alias: ScoredStrategy;
  readonly ofMean: ScoredStrategy;
}

export function strategiesOf({ score, knowsLow = false, ...described }: Measure): MeasureStrategies {
  const { name, summary, source } = described;
  const ofPrediction = (over: Partial<StrategyDescriptor>): ScoredStrategy =>
    byScore(
      { ...described, signals: ['probabilities'], labelledSignals: [], cost: 'O(N C)', ...over },
      ofProbabilities(score, knowsLow),
      { checksValues: true },
    );
  return {
    ofPrediction: ofPrediction({}),
    alias: ofPrediction({
      name: `${name}_pt`,
      summary: `another name of ${name}, from the reference experiment's PyTorch code`,
    }),
    ofMean: byScore(
      {
        ...described,
        name: `${name}_mc`,
        summary: `${summary}, by the mean over Monte-Carlo passes`,
        signals: ['monteCarlo'],
        labelledSignals: [],
        source: { ...source, equation: `${source.equation}, of q̄, the mean over passes` },
        cost: 'O(T N C)',
      },
      (part, parameters) =>
        scoreMeans(
          part.signal('monteCarlo'),
          (mean, classes) => score(mean, classes, parameters, Number.NEGATIVE_INFINITY).scores,
        ),
    ),
  };
}

/** Values at a time: what is made of them on the way stays in a cache. */
const BLOCK_VALUES = 1 << 14;

/** Refuses bad values once they have been scored: they are read once, not twice. */
export function ofProbabilities(
  score: (rows: Float32Array, classes: number, parameters: Parameters, floor: number) => Scored,
  knowsLow = false,
): Score {
  return (part, parameters, _draws, k) => {
    const array = part.signal('probabilities');
    const { data, shape } = array;
    const [samples = 0, classes = 1] = shape;
    const scores = new Float64Array(samples);
    const rows = Math.max(1, Math.floor(BLOCK_VALUES / classes));
    const best = knowsLow && areFew(k, samples) ? new TopK(k) : undefined;
    let suspect = false;
    for (let from = 0; from < samples; from += rows) {
      const to = Math.min(from + rows, samples);
      const some = score(
        data.subarray(from * classes, to * classes),
        classes,
        parameters,
        best?.floor ?? Number.NEGATIVE_INFINITY,
      );
      scores.set(some.scores, from);
      best?.offer(some.scores, part.ids.subarray(from, to));
      if (some.suspect) suspect = true;
    }
    if (suspect) checkValues('signals.probabilities', 'probabilities', array, part.ids);
    return scores;
  };
}
