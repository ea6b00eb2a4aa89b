// Writes docs/spec.schema.json from the schema of spec files. Run by `npm run schema` after a change of it.

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { specSchema } from './dist/index.js';

const file = fileURLToPath(new URL('../../docs/spec.schema.json', import.meta.url));
writeFileSync(file, JSON.stringify(specSchema(), null, 2));
execFileSync('npx', ['biome', 'format', '--write', file], { stdio: 'inherit' });
