// The list of strategies by family, in the order in which tables and help texts show them. Adding one is one import
// and one entry here, beside its file and its test.

import { AppError, didYouMean } from '@alarena/core';
import { bald } from './bayesian/bald.js';
import { batchBald } from './bayesian/batch-bald.js';
import { epig } from './bayesian/epig.js';
import { maxEntropy } from './bayesian/max-entropy.js';
import { clusterOutlierCombined, mbClustering } from './clusters/mb-clustering.js';
import { power } from './combinators/power.js';
import { presample } from './combinators/presample.js';
import { alfaMix } from './diversity/alfa-mix.js';
import { badge } from './diversity/badge.js';
import { bait } from './diversity/bait.js';
import { cdal } from './diversity/cdal.js';
import { clusterMargin } from './diversity/cluster-margin.js';
import { coreset } from './diversity/coreset.js';
import { dropQuery } from './diversity/drop-query.js';
import { maxHerding } from './diversity/max-herding.js';
import { probCover } from './diversity/prob-cover.js';
import { typiclust } from './diversity/typiclust.js';
import { uherding } from './diversity/uherding.js';
import { mbOutliersGlosh, outlier } from './outliers/glosh.js';
import { mbOutliersMax, mbOutliersMean } from './outliers/mb-outliers.js';
import { random } from './random.js';
import type { Strategy } from './strategy.js';
import { activeTransferLearning } from './trained/active-transfer-learning.js';
import { dal } from './trained/dal.js';
import { entropy, entropyMc, entropyPt } from './uncertainty/entropy.js';
import { leastConfidence, leastConfidenceMc, leastConfidencePt } from './uncertainty/least-confidence.js';
import { margin, marginMc, marginPt } from './uncertainty/margin.js';
import { entropySampling, marginSampling, uncertaintySampling } from './uncertainty/modal.js';
import { ratio, ratioMc, ratioPt } from './uncertainty/ratio.js';

/** Strategies that go by the same idea, shown together. */
export interface Family {
  readonly name: string;
  readonly title: string;
  /** One line, without a full stop. */
  readonly summary: string;
  /** When to choose one of them: whole sentences. */
  readonly advice: string;
  readonly strategies: readonly Strategy[];
}

export const families: readonly Family[] = [
  {
    name: 'baseline',
    title: 'Baseline',
    summary: 'what every other strategy has to beat',
    advice:
      'Always keep it in a comparison. At a few labels a class, and where the pool has many near copies, it is hard to beat.',
    strategies: [random],
  },
  {
    name: 'uncertainty',
    title: 'Uncertainty of one prediction',
    summary: 'what the model is least sure of, from one softmax a sample',
    advice:
      'The first to try: cheap, and needs nothing but a softmax. Large queries of such samples are alike; power_* and the families below avoid that. A pool with outliers or wrong labels draws them all here.',
    strategies: [
      ...[leastConfidence, margin, ratio, entropy],
      ...[leastConfidencePt, marginPt, ratioPt, entropyPt],
      ...[uncertaintySampling, marginSampling, entropySampling],
      ...[power(leastConfidence), power(margin), power(ratio), power(entropy)],
    ],
  },
  {
    name: 'bayesian',
    title: 'Disagreement of Monte-Carlo passes',
    summary: 'what a label would tell about the model, from passes with dropout on',
    advice:
      'For models with dropout: they tell what the model does not know from what nobody can know. Taken one by one the best samples repeat each other, so in a pool with copies prefer the batch-aware ones.',
    strategies: [
      ...[bald, power(bald), batchBald, epig, maxEntropy, power(maxEntropy)],
      ...[leastConfidenceMc, marginMc, ratioMc, entropyMc],
    ],
  },
  {
    name: 'diversity',
    title: 'Diversity and coverage',
    summary: 'a query whose samples differ from each other and from what is labelled, from features',
    advice:
      "For large queries, for pools with many similar samples, and for the first labels, where the model's own uncertainty says little. As good as the features are: pretrained ones help most.",
    strategies: [
      coreset,
      cdal,
      typiclust,
      probCover,
      maxHerding,
      uherding,
      badge,
      clusterMargin,
      dropQuery,
      alfaMix,
      bait,
    ],
  },
  {
    name: 'clusters',
    title: 'Clusters',
    summary: 'a query spread over the clusters of the pool',
    advice: 'Where classes are expected to form clusters in the features, and rare ones must not be missed.',
    strategies: [mbClustering, clusterOutlierCombined],
  },
  {
    name: 'outliers',
    title: 'Outliers',
    summary: 'what is unlike the rest of the pool, from activations',
    advice:
      'To look for what the model has not seen: faults in the data, new classes. Of little use for accuracy by themselves, since most outliers are rare for a reason.',
    strategies: [
      mbOutliersMean,
      mbOutliersMax,
      mbOutliersGlosh,
      outlier,
      presample(leastConfidence, mbOutliersMean),
      presample(entropy, mbOutliersMean),
    ],
  },
  {
    name: 'trained',
    title: 'Learnt',
    summary: 'a small network trained on activations says what to label',
    advice:
      'Where a validation set, or the difference between labelled and unlabelled, has something to teach. They cost a short training a query.',
    strategies: [activeTransferLearning, dal],
  },
];

export const strategies: readonly Strategy[] = families.flatMap((family) => family.strategies);

export const strategyNames: readonly string[] = strategies.map(({ descriptor }) => descriptor.name);

const byName = new Map(strategies.map((strategy) => [strategy.descriptor.name, strategy]));

/** Throws an AppError `invalid-argument` (reason UNKNOWN_STRATEGY) that suggests the nearest name. */
export function getStrategy(name: string): Strategy {
  const strategy = byName.get(name);
  if (strategy !== undefined) return strategy;
  const description = unknownStrategy(name);
  throw new AppError('invalid-argument', description, {
    reason: 'UNKNOWN_STRATEGY',
    facts: { strategy: name },
    violations: [{ field: 'strategy', description }],
  });
}

/** What to tell a user who named a strategy that does not exist. */
export function unknownStrategy(name: string): string {
  const known = didYouMean(name, strategyNames) || '; "alarena strategies" lists what there is';
  return `there is no strategy "${name}"${known}`;
}
