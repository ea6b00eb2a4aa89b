// Learning curves as a Vega-Lite specification: a line with points per strategy, a band where there is an
// interval, and the strategy's name beside the end of its line instead of a legend.

import type { TopLevelSpec } from 'vega-lite';
import { BASELINE } from './build.js';
import { type CurveMean, learningCurves, type Metric } from './curves.js';
import { coloursOf } from './palette.js';
import type { Report } from './types.js';

const WIDTH = 640;
/** Pixels between the baselines of two names. */
const NAME_GAP = 15;
/** Bands of more strategies would hide each other and the lines. */
const MOST_BANDS = 10;
const TEXT = '#374151';
const FAINT = '#9ca3af';

const axisTitles: Record<Metric, string> = { accuracy: 'test accuracy', macroF1: 'test macro F1' };

export function learningCurvesSpec(report: Report, metric: Metric = 'accuracy'): TopLevelSpec {
  const measured = learningCurves(report, metric);
  const strategies = [...new Set(measured.map((point) => point.strategy))];
  const crowded = strategies.length > MOST_BANDS;
  const curves = measured.map((point) =>
    crowded && point.strategy !== BASELINE ? { ...point, ci95: null } : point,
  );
  const band = bands(curves);
  const height = Math.max(360, strategies.length * NAME_GAP);
  const [low, high] = valueDomain(curves);
  const labels = [...new Set(curves.map((point) => point.labels))].sort((a, b) => a - b);
  const colour = coloursOf(report.strategies.map(({ strategy }) => strategy));
  const range = strategies.map((name) => colour.get(name)?.light ?? TEXT);
  const x = {
    field: 'labels',
    type: 'quantitative' as const,
    title: 'labelled samples',
    scale: { domain: labelDomain(labels), zero: false, nice: false },
    axis: {
      grid: false,
      labelFlush: false,
      ...(labels.length <= 12 ? { values: labels } : { tickCount: 8 }),
    },
  };
  const y = {
    type: 'quantitative' as const,
    title: axisTitles[metric],
    scale: { domain: [low, high], zero: false, nice: false },
    axis: { format: high - low < 0.08 ? '.3f' : '.2f', tickCount: 6 },
  };
  const color = {
    field: 'strategy',
    type: 'nominal' as const,
    scale: { domain: strategies, range },
    legend: null,
  };
  const dash = { condition: { test: "datum.strategy === 'random'", value: [5, 4] }, value: [1, 0] };
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    description: `${axisTitles[metric]} by number of labelled samples, for each strategy`,
    background: '#ffffff',
    padding: 12,
    width: WIDTH,
    height,
    title: { text: titleOf(metric), subtitle: subtitleOf(curves, crowded) },
    layer: [
      ...(band.length === 0
        ? []
        : [
            {
              data: { values: band },
              mark: {
                type: 'area' as const,
                opacity: strategies.length > 4 ? 0.08 : 0.14,
                clip: true,
                aria: false,
              },
              encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' }, color },
            },
          ]),
      {
        data: { values: curves.map(({ strategy, labels, mean }) => ({ strategy, labels, mean })) },
        mark: { type: 'line', strokeWidth: crowded ? 1.25 : 2, aria: false },
        encoding: { x, y: { ...y, field: 'mean' }, color, strokeDash: dash },
      },
      {
        data: { values: curves.map(({ strategy, labels, mean }) => ({ strategy, labels, mean })) },
        mark: { type: 'point', filled: true, size: 30, opacity: 1 },
        encoding: { x, y: { ...y, field: 'mean' }, color },
      },
      {
        data: { values: namePlaces(curves, (NAME_GAP * (high - low)) / height, [low, high]) },
        mark: { type: 'text', align: 'left', baseline: 'middle', dx: 9, fontSize: 12, fontWeight: 600 },
        encoding: { x, y: { ...y, field: 'place' }, text: { field: 'strategy' }, color },
      },
    ],
    config: {
      font: 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
      view: { stroke: null },
      title: {
        anchor: 'start',
        color: TEXT,
        fontSize: 15,
        fontWeight: 600,
        offset: 14,
        subtitleColor: TEXT,
        subtitleFontSize: 12,
        subtitlePadding: 5,
      },
      axis: {
        labelColor: TEXT,
        titleColor: TEXT,
        labelFontSize: 11,
        titleFontSize: 12,
        titleFontWeight: 'normal',
        titlePadding: 10,
        gridColor: FAINT,
        gridOpacity: 0.35,
        domainColor: FAINT,
        tickColor: FAINT,
      },
      axisY: { domain: false, ticks: false, labelPadding: 8 },
    },
  };
}

function titleOf(metric: Metric): string {
  return metric === 'accuracy' ? 'Test accuracy' : 'Test macro F1';
}

function subtitleOf(curves: readonly CurveMean[], crowded: boolean): string {
  const counts = curves.map((point) => point.seeds);
  const [fewest, most] = [Math.min(...counts), Math.max(...counts)];
  if (counts.length === 0) return 'no cell is finished';
  if (most === 1) return 'one seed: no interval';
  const seeds = fewest === most ? String(most) : `${fewest} to ${most}`;
  const whose = crowded ? ` of ${BASELINE}; those of the others are in the table` : '';
  return `mean over ${seeds} seeds, band: pointwise 95 % t interval${whose}`;
}

/** From the first to the last number of labels; a single one stands in the middle. */
function labelDomain(labels: readonly number[]): [number, number] {
  const [first = 0, last = 1] = [labels[0], labels.at(-1)];
  return first === last ? [first - 1, last + 1] : [first, last];
}

function bands(
  curves: readonly CurveMean[],
): { strategy: string; labels: number; low: number; high: number }[] {
  return curves.flatMap(({ strategy, labels, ci95 }) =>
    ci95 === null ? [] : [{ strategy, labels, low: ci95[0], high: ci95[1] }],
  );
}

/**
 * Around the means with room for the bands, but not for all of a wide one: with two seeds a band may be ten
 * times as high as what the curves show.
 */
function valueDomain(curves: readonly CurveMean[]): [number, number] {
  if (curves.length === 0) return [0, 1];
  const means = curves.map((point) => point.mean);
  const [lowest, highest] = [Math.min(...means), Math.max(...means)];
  const room = Math.max(0.01, 0.4 * (highest - lowest));
  const least = Math.min(...curves.map((point) => point.ci95?.[0] ?? point.mean));
  const most = Math.max(...curves.map((point) => point.ci95?.[1] ?? point.mean));
  const margin = Math.max(0.005, 0.04 * (highest - lowest));
  return [
    Math.max(0, Math.max(least, lowest - room) - margin),
    Math.min(1, Math.min(most, highest + room) + margin),
  ];
}

/** Where each name stands: at the end of its line, moved apart to at least `gap` and kept inside the plot. */
function namePlaces(
  curves: readonly CurveMean[],
  gap: number,
  [low, high]: readonly [number, number],
): { strategy: string; labels: number; place: number }[] {
  const ends = new Map(curves.map((point) => [point.strategy, point]));
  const right = Math.max(...curves.map((point) => point.labels));
  const places = [...ends.values()]
    .sort((a, b) => a.mean - b.mean || (a.strategy < b.strategy ? 1 : -1))
    .map(({ strategy, mean }) => ({ strategy, labels: right, place: mean }));
  // Clusters of names that touch, each centred on the mean of its ends; merged until none overlap.
  let clusters = places.map((entry) => ({ entries: [entry], centre: entry.place }));
  for (let merged = true; merged; ) {
    merged = false;
    const next: typeof clusters = [];
    for (const cluster of clusters) {
      const before = next.at(-1);
      const reach = before === undefined ? 0 : ((before.entries.length + cluster.entries.length) * gap) / 2;
      if (before !== undefined && cluster.centre - before.centre < reach - 1e-12) {
        const entries = [...before.entries, ...cluster.entries];
        next[next.length - 1] = { entries, centre: centreOf(entries, gap, low, high) };
        merged = true;
      } else next.push({ ...cluster, centre: centreOf(cluster.entries, gap, low, high) });
    }
    clusters = next;
  }
  return clusters.flatMap(({ entries, centre }) =>
    entries.map((entry, index) => ({ ...entry, place: centre + (index - (entries.length - 1) / 2) * gap })),
  );
}

function centreOf(entries: readonly { place: number }[], gap: number, low: number, high: number): number {
  const wanted = entries.reduce((sum, { place }) => sum + place, 0) / entries.length;
  const half = ((entries.length - 1) * gap) / 2;
  return Math.min(Math.max(wanted, low + half), Math.max(high - half, low + half));
}
