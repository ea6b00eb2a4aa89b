// How many labels each round of a cell has, and which samples are whose.

import type { ComparisonSpec } from '@alarena/config';
import { AppError } from '@alarena/core';
import { type DatasetManifest, type DrawnSplit, drawSplit } from '@alarena/dataset';

/** Labels of each measured round, from `initialLabels` on; the last query takes what is left. */
export function labelsPerRound(spec: ComparisonSpec, poolSize: number): number[] {
  const { initialLabels, labelsPerRound: step, rounds } = spec.protocol;
  const possible = Math.ceil((poolSize - initialLabels) / step);
  const queries = rounds === 'all' ? possible : rounds;
  if (queries > possible) {
    throw AppError.invalid(`the protocol does not fit the data set "${spec.dataset}"`, [
      {
        field: 'protocol.rounds',
        description:
          `must be at most ${possible}, got ${queries}: a pool of ${poolSize} with ${initialLabels} initial labels ` +
          `has no more queries of ${step}`,
      },
    ]);
  }
  return Array.from({ length: queries + 1 }, (_, round) => Math.min(initialLabels + round * step, poolSize));
}

/** The samples of a seed's cells. Throws, with all violations, where the data set is too small for the protocol. */
function splitOfSeed(spec: ComparisonSpec, manifest: DatasetManifest, seed: number): DrawnSplit {
  const { poolSize, validationSize, testSize, initialLabels } = spec.protocol;
  return drawSplit(manifest, {
    seed,
    poolSize: poolSize === 'all' ? undefined : poolSize,
    validationSize,
    testSize: testSize === 'all' ? undefined : testSize,
    initialLabels,
  });
}

/** Of every cell: the sizes of its sets depend on the protocol and the data set, not on the seed. */
export function roundsOfCell(spec: ComparisonSpec, manifest: DatasetManifest): number {
  return labelsPerRound(spec, splitOfSeed(spec, manifest, spec.seeds[0] ?? 0).pool.length).length;
}

/** Splits by seed, the last few kept: drawing one takes milliseconds, keeping one takes 4 bytes a sample. */
export class Splits {
  readonly #spec: ComparisonSpec;
  readonly #manifest: DatasetManifest;
  readonly #drawn = new Map<number, DrawnSplit>();

  constructor(spec: ComparisonSpec, manifest: DatasetManifest) {
    this.#spec = spec;
    this.#manifest = manifest;
  }

  of(seed: number): DrawnSplit {
    const split = this.#drawn.get(seed) ?? splitOfSeed(this.#spec, this.#manifest, seed);
    // What was used last stands last.
    this.#drawn.delete(seed);
    this.#drawn.set(seed, split);
    const [oldest] = this.#drawn.keys();
    if (this.#drawn.size > splitsKept && oldest !== undefined) this.#drawn.delete(oldest);
    return split;
  }
}

const splitsKept = 16;
