// Which row of the arrays is which sample: a sample is called by its row. Those named by --labelled and --validation have
// labels, the others are the pool.

import { readFileSync } from 'node:fs';
import { AppError } from '@alarena/core';
import { withNpy } from '@alarena/npy';

export const sampleSets = ['pool', 'labelled', 'validation'] as const;
export type SampleSet = (typeof sampleSets)[number];

export class SampleRows {
  /** Rows of each set, ascending. */
  readonly ids: Readonly<Record<SampleSet, Int32Array>>;
  readonly total: number;
  readonly #sets: Uint8Array;
  readonly #places: Int32Array;

  /** `total`: rows of an array that has all samples. */
  constructor(total: number, files: { readonly [S in 'labelled' | 'validation']?: string | undefined }) {
    this.total = total;
    this.#sets = new Uint8Array(total);
    for (const set of ['labelled', 'validation'] as const) {
      const file = files[set];
      if (file !== undefined) this.#mark(set, file);
    }
    const counts = new Int32Array(sampleSets.length);
    this.#places = Int32Array.from(this.#sets, (set) => {
      const place = counts[set] as number;
      counts[set] = place + 1;
      return place;
    });
    const idsOf = (set: SampleSet): Int32Array => {
      const number = sampleSets.indexOf(set);
      const ids = new Int32Array(counts[number] ?? 0);
      for (let row = 0; row < total; row++) {
        if (this.#sets[row] === number) ids[this.#places[row] as number] = row;
      }
      return ids;
    };
    this.ids = { pool: idsOf('pool'), labelled: idsOf('labelled'), validation: idsOf('validation') };
  }

  setOf(row: number): SampleSet {
    return sampleSets[this.#sets[row] as number] ?? 'pool';
  }

  /** Its position in the ids of its set. */
  placeOf(row: number): number {
    return this.#places[row] as number;
  }

  #mark(set: SampleSet, file: string): void {
    const number = sampleSets.indexOf(set);
    const refuse = (description: string): AppError =>
      AppError.invalid('these rows cannot be used:', [{ field: `--${set} ${file}`, description }]);
    for (const row of readRows(file)) {
      if (!Number.isInteger(row) || row < 0 || row >= this.total) {
        throw refuse(`must have rows of the arrays, 0 to ${this.total - 1}, got ${row}`);
      }
      const before = this.setOf(row);
      if (before === set) throw refuse(`has row ${row} twice`);
      if (before !== 'pool') throw refuse(`has row ${row}, which is in --${before} too`);
      this.#sets[row] = number;
    }
  }
}

/** A mask would pass for the rows 0 and 1. */
function readRows(file: string): Iterable<number> {
  if (!isNpy(file)) return readIntegers(file);
  return withNpy(file, (array) => {
    if (array.dtype !== 'bool') return array.readIntegers();
    const description = 'holds bool; it must hold the rows themselves: np.save(file, np.flatnonzero(mask))';
    throw AppError.invalid('these rows cannot be used:', [{ field: file, description }]);
  });
}

function isNpy(file: string): boolean {
  return /\.npy$/i.test(file);
}

/** Integers of a .npy file, or of a JSON list. */
export function readIntegers(file: string): ArrayLike<number> & Iterable<number> {
  if (isNpy(file)) return withNpy(file, (array) => array.readIntegers());
  const refuse = (description: string): AppError =>
    AppError.invalid(`${file} cannot be read:`, [{ field: file, description }]);
  let value: unknown;
  try {
    // Some editors put a byte order mark in front.
    value = JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new AppError('not-found', `there is no file ${file}`, { cause: error });
    }
    throw refuse('must be a JSON list of integers, e.g. [3, 14, 15], or an NPY file whose name ends in .npy');
  }
  if (!Array.isArray(value)) throw refuse('must be a JSON list of integers, e.g. [3, 14, 15]');
  return value.map((item: unknown, at) => {
    if (typeof item === 'number' && Number.isSafeInteger(item)) return item;
    throw refuse(`must have integers only, got ${JSON.stringify(item)} at position ${at}`);
  });
}
