// Strategies as text for people.

import { arrayOptions } from '../arrays/request.js';
import type { StrategyView } from '../strategy-catalogue.js';
import { table } from './table.js';

/** A table a family, all with the same columns. */
export function strategiesText(views: readonly StrategyView[]): string {
  const columns = [{ title: 'name' }, { title: 'needs' }, { title: 'picks' }];
  const rows = views.map((view) => [view.name, shortNeeds(view), view.summary]);
  const [head = '', ...lines] = table(columns, rows).split('\n');
  const shown = views.map((view, at) => {
    const { title, summary } = view.family;
    const begins = title !== views[at - 1]?.family.title;
    return begins ? `\n${title}: ${summary}\n${lines[at]}` : lines[at];
  });
  return [
    head,
    ...shown,
    '',
    'alarena strategies show NAME tells the rest: parameters, formula, source, cost',
  ].join('\n');
}

/** Signals of the pool, and what else is needed. */
function shortNeeds({ signals, needs }: StrategyView): string {
  const others = ['labelled', 'validation', 'weights'].filter((word) =>
    needs.some((need) => need.includes(` ${word}`)),
  );
  return [...signals, ...others].join(', ') || 'nothing';
}

/** The options of `alarena pick` by which it gets what it needs. */
function pickOptions({ needs }: StrategyView): string {
  const options = needs.flatMap((need) => {
    const [, name, set] = /^(\w+).*?(?: of the (labelled|validation) samples)?$/.exec(need) ?? [];
    const known = Object.entries(arrayOptions).find(([signal]) => signal === name)?.[1];
    const array = known ?? (name === 'labels' ? '--labels' : '--classifier');
    return set === undefined ? [array] : [array, `--${set}`];
  });
  // The number of samples has to come from somewhere.
  if (options.length === 0)
    return ` ${arrayOptions.probabilities} FILE (or any other array: its rows are counted)`;
  return [...new Set(options)].map((option) => ` ${option} FILE`).join('');
}

export function strategyText(view: StrategyView): string {
  const lines = [
    `${view.name}: ${view.summary}`,
    ...(view.advice === '' ? [] : ['', view.advice]),
    '',
    `family:  ${view.family.title}`,
    `needs:   ${view.needs.join(', ') || 'nothing of the model'}`,
    `cost:    ${view.cost}`,
    `source:  ${view.source}`,
    `arrays:  alarena pick ${view.name} -k K${pickOptions(view)}`,
    '',
  ];
  if (view.parameters.length === 0) return [...lines, 'no parameters'].join('\n');
  const parameters = table(
    [{ title: 'parameter' }, { title: 'default' }, { title: 'allowed' }, { title: 'does' }],
    view.parameters.map((parameter) => [
      parameter.name,
      String(parameter.default),
      parameter.allowed,
      parameter.summary,
    ]),
  );
  return [...lines, parameters].join('\n');
}
