// From measured cells to the report: order, per-strategy estimates and differences to random.

import { aulc, holm, type Json, mean, pairedDifference, tInterval } from '@alarena/core';
import type {
  ComparisonCost,
  ComparisonHeader,
  Difference,
  Estimate,
  MeasuredCell,
  Report,
  StrategySummary,
} from './types.js';

/** The strategy entry the others are compared with. */
export const BASELINE = 'random';

export function buildReport(
  header: ComparisonHeader,
  cells: readonly MeasuredCell[],
  cost: ComparisonCost,
): Report {
  const names = strategyOrder(header.spec, cells);
  const rank = new Map(names.map((name, index) => [name, index]));
  const ordered = [...cells]
    .sort((a, b) => (rank.get(a.strategy) ?? 0) - (rank.get(b.strategy) ?? 0) || a.seed - b.seed)
    .map((cell) => ({ ...cell, rounds: [...cell.rounds].sort((a, b) => a.round - b.round) }));
  return { comparison: header, cells: ordered, strategies: summaries(names, ordered), cost };
}

/** The spec's order, entries by their `as` or name; strategies the spec does not name follow as they come. */
function strategyOrder(spec: Json, cells: readonly MeasuredCell[]): string[] {
  const present = new Set(cells.map((cell) => cell.strategy));
  const named = entriesOf(spec)
    .map((entry) => (typeof entry === 'string' ? entry : (member(entry, 'as') ?? member(entry, 'name'))))
    .filter((name) => typeof name === 'string');
  return [...new Set([...named.filter((name) => present.has(name)), ...present])];
}

function entriesOf(spec: Json): readonly Json[] {
  const entries = member(spec, 'strategies');
  return Array.isArray(entries) ? entries : [];
}

function member(value: Json | undefined, key: string): Json | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.entries(value).find(([name]) => name === key)?.[1];
}

function summaries(names: readonly string[], cells: readonly MeasuredCell[]): StrategySummary[] {
  const areas = new Map(names.map((name) => [name, bySeed(cells, name, areaOf)]));
  const baseline = areas.get(BASELINE);
  const differences = names.map((name) => {
    const area = areas.get(name);
    return name === BASELINE || baseline === undefined || area === undefined
      ? null
      : pairedDifference(area, baseline);
  });
  const tested = differences.flatMap((difference) => (difference?.p == null ? [] : [difference.p]));
  const corrected = holm(tested).values();
  return names.map((strategy, index) => {
    const difference = differences[index];
    return {
      strategy,
      cells: cells.filter((cell) => cell.strategy === strategy && cell.status === 'done').length,
      final: estimate(bySeed(cells, strategy, finalAccuracy)),
      aulc: estimate(areas.get(strategy) ?? new Map()),
      differenceToRandom: difference == null ? null : withHolm(difference, corrected),
      labelSaving: null,
      verdict: null,
    };
  });
}

/** Takes the next corrected p where the difference was tested at all. */
function withHolm(difference: Omit<Difference, 'pHolm'>, corrected: Iterator<number>): Difference {
  const { mean: centre, ci95, p } = difference;
  return { mean: centre, ci95, p, pHolm: p === null ? null : (corrected.next().value as number) };
}

/** One number per finished cell of a strategy, by seed; cells that have none are left out. */
function bySeed(
  cells: readonly MeasuredCell[],
  strategy: string,
  value: (cell: MeasuredCell) => number | null,
): Map<number, number> {
  const values = new Map<number, number>();
  for (const cell of cells) {
    if (cell.strategy !== strategy || cell.status !== 'done') continue;
    const one = value(cell);
    if (one !== null) values.set(cell.seed, one);
  }
  return values;
}

function areaOf(cell: MeasuredCell): number | null {
  return aulc(cell.rounds.map(({ labels, accuracy }) => ({ labels, value: accuracy })));
}

function finalAccuracy(cell: MeasuredCell): number | null {
  return cell.rounds.at(-1)?.accuracy ?? null;
}

function estimate(values: ReadonlyMap<number, number>): Estimate | null {
  const all = [...values.values()];
  return all.length === 0 ? null : { mean: mean(all), ci95: tInterval(all) };
}
