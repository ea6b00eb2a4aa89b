// The summary of a comparison for the terminal.

import { failures, type SummaryRow, summaryRows } from './format.js';
import type { Report } from './types.js';

interface Column {
  readonly head: string;
  readonly align: 'left' | 'right';
  readonly cell: (row: SummaryRow) => string;
  readonly style?: (row: SummaryRow, text: string) => string;
}

const ESCAPE = '\u001b[';
const bold = (text: string): string => `${ESCAPE}1m${text}${ESCAPE}22m`;
const dim = (text: string): string => `${ESCAPE}2m${text}${ESCAPE}22m`;
const green = (text: string): string => `${ESCAPE}32m${text}${ESCAPE}39m`;
const red = (text: string): string => `${ESCAPE}31m${text}${ESCAPE}39m`;

const bySide = {
  better: green,
  worse: red,
  unseparated: (text: string): string => text,
};

const columns: readonly Column[] = [
  { head: 'strategy', align: 'left', cell: (row) => row.summary.strategy, style: (_, text) => bold(text) },
  { head: 'seeds', align: 'right', cell: (row) => row.seeds },
  { head: 'final accuracy', align: 'right', cell: (row) => row.final[0] },
  { head: '95 % interval', align: 'left', cell: (row) => row.final[1], style: (_, text) => dim(text) },
  { head: 'AULC', align: 'right', cell: (row) => row.aulc[0] },
  { head: '95 % interval', align: 'left', cell: (row) => row.aulc[1], style: (_, text) => dim(text) },
  {
    head: 'to random',
    align: 'right',
    cell: (row) => row.difference[0],
    style: (row, text) => bySide[row.side](text),
  },
  {
    head: '95 % interval',
    align: 'left',
    cell: (row) => row.difference[1],
    style: (row, text) => bySide[row.side](text),
  },
];

/** Lines without a trailing newline. Colours only where asked for: the caller knows its terminal. */
export function summaryTable(report: Report, options: { readonly color?: boolean } = {}): string {
  const color = options.color ?? false;
  const rows = summaryRows(report);
  const widths = columns.map(({ head, cell }) =>
    Math.max(head.length, ...rows.map((row) => cell(row).length)),
  );
  const total = widths.reduce((sum, width) => sum + width, 2 * (columns.length - 1));
  const line = (cells: (column: Column) => string, style: (column: Column, text: string) => string): string =>
    columns
      .map((column, index) => style(column, aligned(cells(column), widths[index] as number, column.align)))
      .join('  ')
      .trimEnd();
  const plain = (_: Column, text: string): string => text;
  const head = line(({ head }) => head, plain);
  const rule = '─'.repeat(total);
  const body = rows.map((row) =>
    line(
      (column) => column.cell(row),
      (column, text) => (color && column.style !== undefined ? column.style(row, text) : text),
    ),
  );
  const soft = color ? dim : (text: string): string => text;
  const failed = failures(report).map(({ cell, reason }) => {
    const text = `failed: ${cell.strategy}, seed ${cell.seed}: ${reason}`;
    return color ? red(text) : text;
  });
  return [soft(head), soft(rule), ...body, soft(rule), ...failed, soft(legend(rows))].join('\n');
}

function legend(rows: readonly SummaryRow[]): string {
  const text =
    'test accuracy and area under the learning curve (AULC), mean over seeds; to random: AULC, paired by seed';
  const single = rows.some((row) => row.summary.cells === 1);
  return single ? `${text}\nn/a: one seed has no interval` : text;
}

function aligned(text: string, width: number, align: Column['align']): string {
  return align === 'left' ? text.padEnd(width) : text.padStart(width);
}
