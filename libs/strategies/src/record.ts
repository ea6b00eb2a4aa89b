// Run by hand after a strategy was added or its semantics version raised (`npm run record`): writes the golden
// selections and the tables in README and documents.

import { readFileSync, writeFileSync } from 'node:fs';
import { documentsWithTable, documentUrl } from './documents.js';
import { currentGolden, goldenFile } from './golden.js';
import { withStrategyTable } from './table.js';

writeFileSync(goldenFile, `${JSON.stringify(currentGolden(), null, 1)}\n`);
for (const { path, table } of documentsWithTable) {
  const file = documentUrl(path);
  writeFileSync(file, withStrategyTable(readFileSync(file, 'utf8'), table()));
}
