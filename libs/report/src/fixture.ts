// A small comparison for the tests of this library: random and margin with two finished seeds each, bald with one
// finished and one failed.

import { buildReport } from './build.js';
import type { ComparisonCost, ComparisonHeader, MeasuredCell, MeasuredRound, Report } from './types.js';

export const header: ComparisonHeader = {
  id: 'small-1',
  name: 'small',
  key: '00ff',
  spec: {
    name: 'small',
    dataset: 'mnist',
    strategies: ['random', { name: 'margin' }, { name: 'bald', as: 'bald' }],
  },
  createdAt: '2025-06-01T10:20:30.000Z',
  versions: { alarena: '0.0.0' },
};

export const cost: ComparisonCost = { fits: 8, fitsShared: 3, deviceSeconds: 12.5, wallSeconds: 187 };

/** One curve over 10, 30, … labels; F1 lies 1/8 below accuracy. */
export function cell(strategy: string, seed: number, accuracies: readonly number[]): MeasuredCell {
  const rounds = accuracies.map(
    (accuracy, round): MeasuredRound => ({
      round,
      labels: 10 + 20 * round,
      accuracy,
      macroF1: accuracy - 0.125,
      trainAccuracy: 1,
      validationAccuracy: accuracy,
      validationMacroF1: accuracy,
      bestEpoch: 3,
      picked: round < accuracies.length - 1 ? [100 * seed + 7, 100 * seed + 3] : [],
      fitKey: `${strategy}-${seed}-${round}`,
      seconds: 1.5,
    }),
  );
  return { strategy, seed, status: 'done', rounds };
}

export const failedCell: MeasuredCell = {
  ...cell('bald', 1, [0.5]),
  status: 'failed',
  error: 'out of memory',
};

/** In no particular order, as cells finish. */
export const cells: readonly MeasuredCell[] = [
  cell('margin', 2, [0.6, 0.9]),
  failedCell,
  cell('random', 2, [0.6, 0.8]),
  cell('margin', 1, [0.5, 0.9]),
  cell('random', 1, [0.5, 0.7]),
  cell('bald', 2, [0.6, 0.7]),
];

export const report: Report = buildReport(header, cells, cost);

/** Names that would break a file that does not escape them. */
export const hostileReport: Report = buildReport(
  { ...header, name: '<script>alert("&")</script>', spec: { note: '</pre><script>' } },
  [
    cell('a,"b"\nc', 1, [0.5, 0.75]),
    { ...cell('<img src=x onerror=alert(1)>', 1, [0.5]), status: 'failed', error: "<b>'no'</b>" },
  ],
  cost,
);
