// summary.md: the summary table for a README, an issue or a chat.

import { duration, failures, pValue, summaryRows } from './format.js';
import type { Report } from './types.js';

export function summaryMarkdown(report: Report): string {
  const { comparison, cost } = report;
  const rows = summaryRows(report).map((row) => {
    const p = row.summary.differenceToRandom === null ? '–' : pValue(row.summary.differenceToRandom.pHolm);
    const cells = [
      escaped(row.summary.strategy),
      row.seeds,
      ...[row.final, row.aulc, row.difference].map(joined),
      p,
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const failed = failures(report).map(
    ({ cell, reason }) => `- ${escaped(cell.strategy)}, seed ${cell.seed}, failed: ${escaped(reason)}`,
  );
  return [
    `# ${escaped(comparison.name)}`,
    '',
    '| strategy | seeds | final accuracy | AULC | difference to random (AULC) | p (Holm) |',
    '| --- | ---: | --- | --- | --- | --- |',
    ...rows,
    '',
    'Mean over seeds with a 95 % Student t interval; differences are paired by seed. n/a: one seed has no interval.',
    '',
    ...(failed.length > 0 ? [...failed, ''] : []),
    `${cost.fits} fits computed, ${cost.fitsShared} shared; ${duration(cost.deviceSeconds)} on devices, ` +
      `${duration(cost.wallSeconds)} in all. Comparison \`${comparison.id}\`.`,
    '',
  ].join('\n');
}

function joined([value, range]: readonly [string, string]): string {
  return range === '' ? value : `${value} ${range}`;
}

/** Text, not markup, and on one line. */
function escaped(text: string): string {
  return text.replaceAll(/[\\`*_{}<>|[\]#]/g, '\\$&').replaceAll(/\s+/g, ' ');
}
