// Learning curves: mean over a strategy's finished cells at every number of labels, with the pointwise t interval.

import { type Interval, mean, tInterval } from '@alarena/core';
import type { MeasuredRound, Report } from './types.js';

export type Metric = 'accuracy' | 'macroF1';

export interface CurveMean {
  readonly strategy: string;
  readonly labels: number;
  readonly mean: number;
  /** null with one seed. */
  readonly ci95: Interval | null;
  readonly seeds: number;
}

/** In the order of the report's strategies, then of labels; strategies without a finished cell have no curve. */
export function learningCurves(report: Report, metric: Metric): CurveMean[] {
  return report.strategies.flatMap(({ strategy }) => {
    const byLabels = new Map<number, number[]>();
    for (const cell of report.cells) {
      if (cell.strategy !== strategy || cell.status !== 'done') continue;
      for (const round of cell.rounds) push(byLabels, round, metric);
    }
    return [...byLabels]
      .sort(([a], [b]) => a - b)
      .map(([labels, values]) => ({
        strategy,
        labels,
        mean: mean(values),
        ci95: tInterval(values),
        seeds: values.length,
      }));
  });
}

function push(byLabels: Map<number, number[]>, round: MeasuredRound, metric: Metric): void {
  const values = byLabels.get(round.labels);
  if (values === undefined) byLabels.set(round.labels, [round[metric]]);
  else values.push(round[metric]);
}
