// The tables of report.html: the summary with a picture of each difference, and every cell's rounds.

import type { Interval } from '@alarena/core';
import { escapeHtml } from './escape.js';
import { duration, fraction, pValue, type SummaryRow, summaryRows } from './format.js';
import { coloursOf } from './palette.js';
import type { MeasuredCell, Report } from './types.js';

export function summarySection(report: Report): string {
  const rows = summaryRows(report);
  const compared = rows.some((row) => row.summary.differenceToRandom !== null);
  const scale = differenceScale(rows);
  const head = [
    '<th>strategy</th><th class="number">seeds</th><th>final accuracy</th><th>AULC</th>',
    compared ? '<th>difference to random</th><th></th><th class="number">p (Holm)</th>' : '',
  ].join('');
  const swatches = coloursOf(report.strategies.map(({ strategy }) => strategy));
  const body = rows.map((row) => {
    const { strategy, differenceToRandom } = row.summary;
    const difference = compared
      ? `<td class="${row.side}">${ranged(row.difference)}</td><td class="${row.side}">${picture(row, scale)}</td>` +
        `<td class="number">${differenceToRandom === null ? '–' : pValue(differenceToRandom.pHolm)}</td>`
      : '';
    const swatch = dot(swatches.get(strategy)?.light);
    return `<tr><td class="name">${swatch}${escapeHtml(strategy)}</td><td class="number">${row.seeds}</td>
<td>${ranged(row.final)}</td><td>${ranged(row.aulc)}</td>${difference}</tr>`;
  });
  return `<h2>Summary</h2>
<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>
${body.join('\n')}
</tbody></table></div>
<p class="note">Mean over seeds with a 95 % Student t interval. AULC: area under the learning curve of test accuracy, by
labels. Difference to random: of AULC, paired by seed; coloured where its interval excludes 0. p: paired t test, Holm's
correction. n/a: one seed has no interval.</p>`;
}

/** One collapsible table per strategy: seeds down, labels across. */
export function cellDetails(report: Report): string {
  return report.strategies
    .map(({ strategy, cells }) => {
      const own = report.cells.filter((cell) => cell.strategy === strategy);
      const labels = [...new Set(own.flatMap((cell) => cell.rounds.map((round) => round.labels)))].sort(
        (a, b) => a - b,
      );
      const head = labels.map((count) => `<th class="number">${count}</th>`).join('');
      const body = own.map((cell) => cellRow(cell, labels)).join('\n');
      return `<details><summary>${escapeHtml(strategy)}<span class="note">${cells} of ${own.length} finished</span></summary>
<div class="scroll"><table><thead><tr><th>seed</th><th>status</th>${head}<th class="number">time</th></tr></thead><tbody>
${body}
</tbody></table></div></details>`;
    })
    .join('\n')
    .concat(
      '\n<p class="note">Test accuracy by number of labels. Picks, fit keys and macro F1 are in rounds.csv.</p>',
    );
}

function cellRow(cell: MeasuredCell, labels: readonly number[]): string {
  const byLabels = new Map(cell.rounds.map((round) => [round.labels, round]));
  const values = labels.map((count) => {
    const round = byLabels.get(count);
    return `<td class="number">${round === undefined ? '–' : fraction(round.accuracy)}</td>`;
  });
  const seconds = cell.rounds.reduce((sum, round) => sum + round.seconds, 0);
  return `<tr><td>${cell.seed}</td><td><span class="status ${cell.status}">${cell.status}</span></td>${values.join('')}<td class="number">${duration(seconds)}</td></tr>`;
}

function dot(colour: string | undefined): string {
  return `<svg class="swatch" viewBox="0 0 10 10" aria-hidden="true"><circle cx="5" cy="5" r="5" fill="${colour ?? 'none'}"/></svg>`;
}

function ranged([value, range]: readonly [string, string]): string {
  return range === '' ? value : `${value} <span class="range">${range}</span>`;
}

const PICTURE_WIDTH = 120;

type Scale = (difference: number) => number;

/** All differences on one scale with 0 in it. Without intervals the means span it. */
function differenceScale(rows: readonly SummaryRow[]): Scale {
  const ends = rows.flatMap(({ summary: { differenceToRandom } }) =>
    differenceToRandom === null ? [] : (differenceToRandom.ci95 ?? [differenceToRandom.mean]),
  );
  const [low, high] = [Math.min(0, ...ends), Math.max(0, ...ends)];
  const span = high - low || 1;
  return (difference) => 6 + ((difference - low) / span) * (PICTURE_WIDTH - 12);
}

/** The mean as a dot on its interval, with a dashed line at 0. */
function picture(row: SummaryRow, scale: Scale): string {
  const difference = row.summary.differenceToRandom;
  if (difference === null) return '';
  const at = (value: number): string => scale(value).toFixed(1);
  const bar = (ends: Interval): string =>
    `<line class="bar" x1="${at(ends[0])}" x2="${at(ends[1])}" y1="9" y2="9"/>`;
  return `<svg class="interval" width="${PICTURE_WIDTH}" height="18" aria-hidden="true"><line class="axis" x1="${at(0)}" x2="${at(0)}" y1="0" y2="18"/>${difference.ci95 === null ? '' : bar(difference.ci95)}<circle cx="${at(difference.mean)}" cy="9" r="3.5"/></svg>`;
}
