// What a strategy needs, as text for people: of the pool first, then of the samples whose labels are known.

import type { StrategyDescriptor } from './strategy.js';

/** Empty where it needs nothing. */
export function needsOf(descriptor: StrategyDescriptor): string[] {
  const { signals, labelledSignals, validationSignals = [], classifier, leastPasses } = descriptor;
  const passes = leastPasses === undefined ? '' : ` (at least ${leastPasses} passes)`;
  return [
    ...signals.map((signal) => (signal === 'monteCarlo' ? `${signal}${passes}` : signal)),
    ...labelledSignals.map((signal) => `${signal} of the labelled samples`),
    ...validationSignals.map((signal) => `${signal} of the validation samples`),
    ...(classifier ? ["the last layer's weights"] : []),
  ];
}
