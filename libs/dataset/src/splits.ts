// How a cell divides a data set: validation, pool and initial labelled set depend on the seed, the test set does
// not, so that all seeds are measured on the same images. Sets are ascending ids.

import { AppError, type FieldViolation, namedRandom, type Random, shuffle } from '@alarena/core';
import { type DatasetManifest, idsOf, splitOf } from './manifest.js';

export interface SplitOptions {
  readonly seed: number;
  /** Samples that may be labelled, the initial ones included. Default: all that validation leaves. */
  readonly poolSize?: number | undefined;
  readonly validationSize: number;
  /** Default: the whole test split. */
  readonly testSize?: number | undefined;
  readonly initialLabels: number;
}

export interface DrawnSplit {
  readonly validation: Int32Array<ArrayBuffer>;
  /** Includes `initial`. */
  readonly pool: Int32Array<ArrayBuffer>;
  readonly initial: Int32Array<ArrayBuffer>;
  readonly test: Int32Array<ArrayBuffer>;
}

/**
 * Permutes the train split by the seed: its first `validationSize` ids are for validation (unless the data set
 * has a validation split of its own), the next `poolSize` are the pool. `initialLabels` are drawn from the pool
 * uniformly, without regard to class, as an annotator who knows no labels would have to.
 */
export function drawSplit(manifest: DatasetManifest, options: SplitOptions): DrawnSplit {
  const sizes = checkSizes(manifest, options);
  const { seed } = options;
  const train = shuffle(idsOfSplit(manifest, 'train'), namedRandom(seed, 'split'));
  const ownValidation = splitOf(manifest, 'validation');
  const validation =
    ownValidation === undefined
      ? train.slice(0, sizes.validation)
      : draw(idsOf(ownValidation), sizes.validation, namedRandom(seed, 'validation'));
  const poolStart = ownValidation === undefined ? sizes.validation : 0;
  const pool = train.slice(poolStart, poolStart + sizes.pool).sort();
  return {
    validation: validation.sort(),
    pool,
    initial: draw(pool, sizes.initial, namedRandom(seed, 'initial')),
    test: draw(idsOfSplit(manifest, 'test'), sizes.test, namedRandom(manifest.digest, 'test')),
  };
}

interface Sizes {
  readonly validation: number;
  readonly pool: number;
  readonly initial: number;
  readonly test: number;
}

/** All violations at once; each says what is available. */
function checkSizes(manifest: DatasetManifest, options: SplitOptions): Sizes {
  const violations: FieldViolation[] = [];
  const check = (field: string, value: number, min: number, max: number, why: string): boolean => {
    if (Number.isInteger(value) && value >= min && value <= max) return true;
    const range = max < min ? `cannot be met: ${why}` : `must be an integer from ${min} to ${max}: ${why}`;
    violations.push({ field: `protocol.${field}`, description: `${range}, got ${value}` });
    return false;
  };
  const train = splitOf(manifest, 'train')?.samples ?? 0;
  const test = splitOf(manifest, 'test')?.samples ?? 0;
  const own = splitOf(manifest, 'validation')?.samples;
  const trainSays = `the train split of "${manifest.name}" has ${train} samples`;

  const validation = options.validationSize;
  const validationFits =
    own === undefined
      ? check('validationSize', validation, 0, train - 1, `${trainSays} and the pool needs at least one`)
      : check('validationSize', validation, 0, own, `the validation split has ${own} samples`);

  const taken = own === undefined && validationFits ? validation : 0;
  const pool = options.poolSize ?? train - taken;
  const leaves = taken === 0 ? trainSays : `${trainSays}, of which ${taken} are for validation`;
  const poolFits = check('poolSize', pool, 1, train - taken, leaves);

  const initialMax = poolFits ? pool : train - taken;
  check('initialLabels', options.initialLabels, 1, initialMax, `the pool has ${initialMax} samples`);
  const testSize = options.testSize ?? test;
  check('testSize', testSize, 1, test, `the test split of "${manifest.name}" has ${test} samples`);

  if (violations.length > 0) {
    throw AppError.invalid(`the protocol does not fit the data set "${manifest.name}"`, violations);
  }
  return { validation, pool, initial: options.initialLabels, test: testSize };
}

function idsOfSplit(manifest: DatasetManifest, name: 'train' | 'test'): Int32Array<ArrayBuffer> {
  const split = splitOf(manifest, name);
  return split === undefined ? new Int32Array(0) : idsOf(split);
}

/** `count` of `ids`, uniformly, ascending. `ids` stays as it is. */
function draw(ids: Int32Array, count: number, random: Random): Int32Array<ArrayBuffer> {
  return shuffle(Int32Array.from(ids), random).slice(0, count).sort();
}
