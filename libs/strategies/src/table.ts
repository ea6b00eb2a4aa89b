// The table of strategies as Markdown, made from the registry: README and documents hold a copy of it.

import { strategies } from './registry.js';
import type { StrategyDescriptor } from './strategy.js';

export function strategyTable(): string {
  const columns = ['name', 'picks', 'score or procedure', 'needs', 'parameters', 'source', 'cost'];
  const head = [`| ${columns.join(' | ')} |`, `|${' --- |'.repeat(columns.length)}`];
  return [...head, ...strategies.map(({ descriptor }) => tableRow(descriptor))].join('\n');
}

function tableRow(descriptor: StrategyDescriptor): string {
  const { paper, reference, equation } = descriptor.source;
  const needs = [
    ...descriptor.signals.map((signal) => `\`${signal}\``),
    ...descriptor.labelledSignals.map((signal) => `\`${signal}\` of the labelled`),
  ];
  const parameters = descriptor.parameters.map((p) => `\`${p.name}\` (${p.default}): ${p.summary}`);
  const cells = [
    `\`${descriptor.name}\``,
    descriptor.summary,
    equation,
    needs.join(', ') || 'nothing',
    parameters.join('; ') || '–',
    reference === '' ? paper : `${paper} (${reference})`,
    descriptor.cost,
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

const BEGIN = '<!-- strategies: made by `npm run record --workspace @alarena/strategies` -->';
const END = '<!-- /strategies -->';

/** The document with what stands between the two markers replaced by the current table. */
export function withStrategyTable(document: string): string {
  const start = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (start < 0 || end < start) throw new Error(`the document lacks the markers ${BEGIN} and ${END}`);
  return `${document.slice(0, start)}${BEGIN}\n${strategyTable()}\n${document.slice(end)}`;
}
