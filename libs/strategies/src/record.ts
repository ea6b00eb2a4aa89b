// Run by hand after a strategy was added or its semantics version raised (`npm run record`): writes the golden
// selections and the table in the README.

import { readFileSync, writeFileSync } from 'node:fs';
import { currentGolden, goldenFile } from './golden.js';
import { withStrategyTable } from './table.js';

const readme = new URL('../README.md', import.meta.url);
writeFileSync(goldenFile, `${JSON.stringify(currentGolden(), null, 1)}\n`);
writeFileSync(readme, withStrategyTable(readFileSync(readme, 'utf8')));
