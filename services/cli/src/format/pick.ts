// What a strategy picked, as text for people.

import type { Parameters } from '@alarena/strategies';
import type { PickResult } from '../arrays/request.js';
import { duration, grouped } from './quantities.js';
import { table } from './table.js';

export function pickText(strategy: string, parameters: Parameters, result: PickResult): string {
  const { ids, scores, notes, pool, seconds } = result;
  const given = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
  const picks = table(
    [
      { title: 'row', align: 'right' },
      { title: 'score', align: 'right' },
    ],
    ids.map((id, at) => [String(id), (scores[at] ?? 0).toPrecision(6)]),
  );
  return [
    `${strategy}: ${grouped(ids.length)} of ${grouped(pool)} samples in ${duration(seconds)}`,
    ...(given.length > 0 ? [`parameters: ${given.join(', ')}`] : []),
    ...notes.map((note) => `note: ${note}`),
    '',
    picks,
  ].join('\n');
}
