// Numbers as people read them in tables. What could not be computed is "n/a", never 0.

import type { Interval } from '@alarena/core';
import type { Difference, Estimate, MeasuredCell, Report, StrategySummary } from './types.js';

const NOT_AVAILABLE = 'n/a';
const MINUS = '−';

/** A fraction with four digits: a tenth of a tenth of a percent. */
export function fraction(value: number): string {
  return value.toFixed(4).replace('-', MINUS);
}

/** With its sign; a value that rounds to 0 has none. */
function signed(value: number): string {
  const text = fraction(Math.abs(value));
  if (Number(text) === 0) return text;
  return `${value < 0 ? MINUS : '+'}${text}`;
}

function interval(ci95: Interval | null, number: (value: number) => string = fraction): string {
  return ci95 === null ? NOT_AVAILABLE : `[${number(ci95[0])}, ${number(ci95[1])}]`;
}

export function pValue(p: number | null): string {
  if (p === null) return NOT_AVAILABLE;
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}

/** 42.1 s, 3 min 07 s, 2 h 05 min */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${pad(Math.floor(seconds % 60))} s`;
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
}

export interface SummaryRow {
  readonly summary: StrategySummary;
  /** Finished cells, "2 of 3" where others are not. */
  readonly seeds: string;
  readonly final: readonly [value: string, interval: string];
  readonly aulc: readonly [value: string, interval: string];
  readonly difference: readonly [value: string, interval: string];
  /** Whether the interval of the difference lies above, below or around 0. */
  readonly side: 'better' | 'worse' | 'unseparated';
}

/** The rows of the summary, the same in the terminal, in Markdown and in HTML. */
export function summaryRows(report: Report): SummaryRow[] {
  return report.strategies.map((summary) => {
    const cells = report.cells.filter((cell) => cell.strategy === summary.strategy);
    const all = cells.length;
    return {
      summary,
      seeds: summary.cells === all ? String(all) : `${summary.cells} of ${all}`,
      final: estimateText(summary.final, fraction),
      aulc: estimateText(summary.aulc, fraction),
      difference: estimateText(summary.differenceToRandom, signed),
      side: sideOf(summary.differenceToRandom),
    };
  });
}

/** Cells that failed, with a reason each. */
export function failures(report: Report): { cell: MeasuredCell; reason: string }[] {
  return report.cells
    .filter((cell) => cell.status === 'failed')
    .map((cell) => ({ cell, reason: cell.error ?? 'no reason was recorded' }));
}

function estimateText(estimate: Estimate | null, number: (value: number) => string): [string, string] {
  return estimate === null ? ['–', ''] : [number(estimate.mean), interval(estimate.ci95, number)];
}

function sideOf(difference: Difference | null): SummaryRow['side'] {
  const [low, high] = difference?.ci95 ?? [0, 0];
  if (low > 0) return 'better';
  return high < 0 ? 'worse' : 'unseparated';
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
