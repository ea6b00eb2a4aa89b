// A clustering as text for people: its clusters, and the rows that are least like any.

import type { ClusterResult } from '../arrays/cluster-file.js';
import { duration, grouped, plural } from './quantities.js';
import { table } from './table.js';

const OUTLIERS = 10;

export function clusteringText(result: ClusterResult): string {
  const { rows, width, clusters, labels, glosh, notes, seconds } = result;
  const sizes = new Int32Array(clusters);
  for (const label of labels) if (label >= 0) sizes[label] = (sizes[label] ?? 0) + 1;
  const noise = labels.reduce((count, label) => count + Number(label === -1), 0);
  const outliers = Array.from(glosh.keys())
    .sort((a, b) => (glosh[b] ?? 0) - (glosh[a] ?? 0) || a - b)
    .slice(0, OUTLIERS);
  return [
    `${grouped(rows)} rows of ${width}: ${plural(clusters, 'cluster')}, ${grouped(noise)} noise, in ${duration(seconds)}`,
    ...notes.map((note) => `note: ${note}`),
    ...(clusters > 0 ? ['', clusterTable(result, sizes)] : []),
    '',
    'least like any cluster (the highest GLOSH)',
    table(
      [
        { title: 'row', align: 'right' },
        { title: 'GLOSH', align: 'right' },
        { title: 'cluster', align: 'right' },
      ],
      outliers.map((row) => [
        String(row),
        (glosh[row] ?? 0).toFixed(4),
        labels[row] === -1 ? '–' : String(labels[row]),
      ]),
    ),
  ].join('\n');
}

function clusterTable(
  { rows, labels, probabilities, persistence }: ClusterResult,
  sizes: Int32Array,
): string {
  const sums = new Float64Array(sizes.length);
  labels.forEach((label, row) => {
    if (label >= 0) sums[label] = (sums[label] ?? 0) + (probabilities[row] ?? 0);
  });
  return table(
    [
      { title: 'cluster', align: 'right' },
      { title: 'rows', align: 'right' },
      { title: 'of all', align: 'right' },
      { title: 'mean probability', align: 'right' },
      { title: 'persistence', align: 'right' },
    ],
    Array.from(sizes, (size, cluster) => [
      String(cluster),
      grouped(size),
      `${((100 * size) / rows).toFixed(1)} %`,
      ((sums[cluster] ?? 0) / size).toFixed(3),
      (persistence[cluster] ?? 0).toFixed(3),
    ]),
  );
}
