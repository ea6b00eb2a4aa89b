// A comparison with a task of every kind and little to compute: as examples/mnist-smoke.yaml, with one seed, unless
// more are asked for, and one query.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const specOf = (strategies: string, seeds: number): string => `
name: small
dataset: mnist
model: { architecture: bayesian-cnn }
training: { epochs: 4, batchSize: 16, minStepsPerEpoch: 10, earlyStopping: { patience: 2 } }
protocol:
  { poolSize: 200, initialLabels: 20, labelsPerRound: 20, rounds: 1, validationSize: 100, testSize: 1000 }
strategies: [${strategies}]
seeds: ${seeds}
`;

/** Cells, and measured rounds of each: the one with the initial labels counts. */
export const smallCounts = { cells: 3, roundsOfCell: 2 } as const;

/** Returns the path of the file. */
export async function writeSmallSpec(
  folder: string,
  { strategies = 'random, margin, bald', seeds = 1 } = {},
): Promise<string> {
  const path = join(folder, 'small.yaml');
  await writeFile(path, specOf(strategies, seeds));
  return path;
}
