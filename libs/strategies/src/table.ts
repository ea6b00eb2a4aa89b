// The strategies as Markdown, made from the registry: READMEs and documents hold copies of it.

import { needsOf } from './needs.js';
import { allowedValues } from './parameters.js';
import { type Family, families } from './registry.js';
import type { StrategyDescriptor } from './strategy.js';

/** One row per family: what a first reader wants to know. */
export function familyTable(): string {
  return table(
    ['family', 'strategies'],
    shownFamilies().map(({ title, summary, strategies }) => [
      `**${title}**: ${summary}`,
      strategies.map(({ descriptor: { name } }) => `[\`${name}\`](docs/strategies.md#${name})`).join(', '),
    ]),
  );
}

/** One row per strategy. */
export function strategyTable(): string {
  return table(
    ['name', 'picks', 'needs', 'source'],
    shownFamilies()
      .flatMap((family) => family.strategies)
      .map(({ descriptor }) => [
        `\`${descriptor.name}\``,
        descriptor.summary,
        needsOf(descriptor).join(', ') || 'nothing',
        sourceOf(descriptor),
      ]),
  );
}

/** Everything the registry knows: a section per family, in it one per strategy. */
export function strategySections(): string {
  return shownFamilies().map(familySection).join('\n\n');
}

function shownFamilies(): Family[] {
  return families.filter(({ strategies }) => strategies.length > 0);
}

function familySection({ title, summary, advice, strategies }: Family): string {
  const sections = strategies.map(({ descriptor }) => strategySection(descriptor));
  return [`## ${title}`, `${sentence(escaped(summary))} ${escaped(advice)}`, ...sections].join('\n\n');
}

function strategySection(descriptor: StrategyDescriptor): string {
  const { name, summary, advice, source, cost, parameters } = descriptor;
  const facts = [
    `- score or procedure: ${escaped(source.equation)}`,
    `- needs: ${escaped(needsOf(descriptor).join(', ') || 'nothing of the model')}`,
    `- cost: ${escaped(cost)}`,
    `- source: ${escaped(sourceOf(descriptor))}`,
  ];
  const rows = parameters.map((parameter) => [
    `\`${parameter.name}\``,
    String(parameter.default),
    allowedValues(parameter),
    parameter.summary,
  ]);
  return [
    `### ${name}`,
    [sentence(escaped(summary)), ...(advice === undefined ? [] : [escaped(advice)])].join(' '),
    facts.join('\n'),
    ...(rows.length > 0 ? [table(['parameter', 'default', 'allowed', 'does'], rows)] : []),
  ].join('\n\n');
}

function sourceOf({ source: { paper, reference } }: StrategyDescriptor): string {
  return reference === '' ? paper : `${paper} (${reference})`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** What would be emphasis or HTML. */
function escaped(text: string): string {
  return text.replace(/[*<]/g, '\\$&');
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(titles), `|${' --- |'.repeat(titles.length)}`, ...rows.map(line)].join('\n');
}

/** Every strategy, as entries of a spec. */
export function strategyEntries(): string {
  return shownFamilies()
    .flatMap(({ title, strategies }) => [
      `  # ${title}`,
      ...strategies.map(({ descriptor }) => `  - ${descriptor.name}`),
    ])
    .join('\n');
}

const BEGIN = 'strategies: made by `npm run record --workspace @alarena/strategies`';
const END = '/strategies';

/** The document, Markdown or YAML, with what stands between the two markers replaced. */
export function withStrategies(document: string, current: string): string {
  const found = new RegExp(`^(<!-- |  # )${BEGIN}( -->)?$.*^(<!-- |  # )${END}( -->)?$`, 'ms').exec(document);
  if (found === null) throw new Error(`the document lacks the markers ${BEGIN} and ${END}`);
  const [all, open = '', close = ''] = found;
  // Tables and headings need empty lines around them.
  const space = open === '  # ' ? '\n' : '\n\n';
  const replaced = `${open}${BEGIN}${close}${space}${current}${space}${open}${END}${close}`;
  return document.replace(all, () => replaced);
}
