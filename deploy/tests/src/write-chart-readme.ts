// `npm run readme --workspace deploy/tests`: writes the chart's page.

import { writeFile } from 'node:fs/promises';
import { chartFolder } from './chart.js';
import { chartReadme } from './chart-readme.js';
import { documentedCharts } from './documented-charts.js';

await writeFile(`${chartFolder}/README.md`, await chartReadme(documentedCharts));
