// Run by hand after a strategy was added or its semantics version raised (`npm run record`): writes the golden
// selections and what READMEs and documents say of strategies.

import { readFileSync, writeFileSync } from 'node:fs';
import { documentsWithStrategies, documentUrl } from './documents.js';
import { currentGolden, goldenFile } from './golden.js';
import { withStrategies } from './table.js';

writeFileSync(goldenFile, `${JSON.stringify(currentGolden(), null, 1)}\n`);
for (const { path, current } of documentsWithStrategies) {
  const file = documentUrl(path);
  writeFileSync(file, withStrategies(readFileSync(file, 'utf8'), current()));
}
