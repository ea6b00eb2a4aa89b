// Which documents of the repository tell of strategies from the registry, and what of them.

import { familyTable, strategyEntries, strategySections, strategyTable } from './table.js';

export const documentsWithStrategies = [
  { path: 'libs/strategies/README.md', current: strategyTable },
  { path: 'docs/strategies.md', current: strategySections },
  { path: 'README.md', current: familyTable },
  { path: 'examples/all-strategies.yaml', current: strategyEntries },
] as const;

export function documentUrl(path: string): URL {
  return new URL(`../../../${path}`, import.meta.url);
}
