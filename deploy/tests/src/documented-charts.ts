// The charts whose values stand on the chart's page.

import { chartFolder } from './chart.js';
import type { Chart } from './chart-readme.js';

export const documentedCharts: readonly Chart[] = [
  { title: 'Values', folder: chartFolder },
  { title: 'Values of the included NATS, under `nats`', folder: `${chartFolder}/charts/nats` },
  { title: 'Values of the included MinIO, under `minio`', folder: `${chartFolder}/charts/minio` },
];
