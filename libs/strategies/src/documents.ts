// Which documents of the repository hold a table of strategies, and which one.

import { shortStrategyTable, strategyTable } from './table.js';

export const documentsWithTable = [
  { path: 'libs/strategies/README.md', table: strategyTable },
  { path: 'docs/strategies.md', table: strategyTable },
  { path: 'README.md', table: shortStrategyTable },
] as const;

export function documentUrl(path: string): URL {
  return new URL(`../../../${path}`, import.meta.url);
}
