// Strategies as text for people.

import type { StrategyView } from '../strategy-catalogue.js';
import { table } from './table.js';

export function strategiesText(views: readonly StrategyView[]): string {
  return table(
    [{ title: 'name' }, { title: 'needs' }, { title: 'picks' }],
    views.map((view) => [view.name, view.signals.join(', ') || 'nothing', view.summary]),
  );
}

export function strategyText(view: StrategyView): string {
  const lines = [
    `${view.name}: ${view.summary}`,
    '',
    `needs:   ${view.signals.join(', ') || 'nothing of the model'}`,
    `cost:    ${view.cost}`,
    `source:  ${view.source}`,
    '',
  ];
  if (view.parameters.length === 0) return [...lines, 'no parameters'].join('\n');
  const parameters = table(
    [{ title: 'parameter' }, { title: 'type' }, { title: 'default' }, { title: 'does' }],
    view.parameters.map((parameter) => [
      parameter.name,
      parameter.type,
      String(parameter.default),
      parameter.summary,
    ]),
  );
  return [...lines, parameters].join('\n');
}
