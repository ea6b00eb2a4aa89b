// The tables of strategies as Markdown, made from the registry: READMEs and documents hold copies of them.

import { strategies } from './registry.js';
import type { StrategyDescriptor } from './strategy.js';

type Columns = Readonly<Record<string, (descriptor: StrategyDescriptor) => string>>;

const shortColumns: Columns = {
  name: ({ name }) => `\`${name}\``,
  picks: ({ summary }) => summary,
  needs: needsOf,
  source: sourceOf,
};

const allColumns: Columns = {
  name: ({ name }) => `\`${name}\``,
  picks: ({ summary }) => summary,
  'score or procedure': ({ source }) => source.equation,
  needs: needsOf,
  parameters: ({ parameters }) =>
    parameters.map((p) => `\`${p.name}\` (${p.default}): ${p.summary}`).join('; ') || '–',
  source: sourceOf,
  cost: ({ cost }) => cost,
};

/** Everything the registry knows. */
export function strategyTable(): string {
  return table(allColumns);
}

/** What a first reader wants to know. */
export function shortStrategyTable(): string {
  return table(shortColumns);
}

function table(columns: Columns): string {
  const names = Object.keys(columns);
  const cells = Object.values(columns);
  const row = (texts: readonly string[]): string => `| ${texts.join(' | ')} |`;
  return [
    row(names),
    `|${' --- |'.repeat(names.length)}`,
    ...strategies.map(({ descriptor }) => row(cells.map((cell) => cell(descriptor).replaceAll('|', '\\|')))),
  ].join('\n');
}

function needsOf({ signals, labelledSignals }: StrategyDescriptor): string {
  const needs = [
    ...signals.map((signal) => `\`${signal}\``),
    ...labelledSignals.map((signal) => `\`${signal}\` of the labelled`),
  ];
  return needs.join(', ') || 'nothing';
}

function sourceOf({ source: { paper, reference } }: StrategyDescriptor): string {
  return reference === '' ? paper : `${paper} (${reference})`;
}

const BEGIN = '<!-- strategies: made by `npm run record --workspace @alarena/strategies` -->';
const END = '<!-- /strategies -->';

/** The document with what stands between the two markers replaced by a current table. */
export function withStrategyTable(document: string, current: string = strategyTable()): string {
  const start = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (start < 0 || end < start) throw new Error(`the document lacks the markers ${BEGIN} and ${END}`);
  return `${document.slice(0, start)}${BEGIN}\n${current}\n${document.slice(end)}`;
}
