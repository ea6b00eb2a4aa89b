// `alarena hdbscan X.npy`: clusters and outlier scores of one's own vectors. Needs no stack.

import { computeArrays } from '../arrays/compute-arrays.js';
import type { CommandContext } from '../context.js';
import { ExitStatus } from '../exit-status.js';
import { clusteringText } from '../format/clustering.js';
import { fractionBar } from '../progress/fraction-bar.js';
import { print } from './print.js';

/** By the names of the options. */
export interface HdbscanOptions {
  readonly minClusterSize: number;
  readonly minSamples?: number;
}

export async function clusterRows(
  context: CommandContext,
  file: string,
  { minClusterSize, minSamples = minClusterSize }: HdbscanOptions,
): Promise<ExitStatus> {
  const bar = fractionBar(context.terminal, 'hdbscan');
  try {
    const request = { file, minClusterSize, minSamples };
    const result = await computeArrays('cluster', request, context.signal, bar.update);
    bar.stop();
    const { labels, probabilities, glosh, persistence, clusters, notes, seconds } = result;
    const document = {
      ...{ labels: Array.from(labels), probabilities: Array.from(probabilities), glosh: Array.from(glosh) },
      ...{ clusters, persistence: Array.from(persistence), minClusterSize, minSamples, notes, seconds },
    };
    print(context, document, () => clusteringText(result));
    return ExitStatus.done;
  } finally {
    bar.stop();
  }
}
