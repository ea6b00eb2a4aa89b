// One file of signals, read in blocks of rows: every value is checked as it goes by, and nothing is in memory twice but a
// block.

import { AppError, type NdArray, ndarray } from '@alarena/core';
import { isFloat, NpyFile } from '@alarena/npy';
import { checkValues, type Signal } from '@alarena/strategies';
import { arrayOptions, arrayShapes } from './request.js';
import type { SampleRows, SampleSet } from './rows.js';

export const BLOCK_BYTES = 1 << 24;

export type SignalFiles = ReadonlyMap<Signal, SignalFile>;

type Sets = { readonly [S in SampleSet]: NdArray<'float32'> };

export class SignalFile {
  readonly signal: Signal;
  readonly #file: NpyFile;
  readonly #blockBytes: number;

  /** Throws an AppError where the file holds no floats or has another number of dimensions. */
  constructor(signal: Signal, path: string, blockBytes: number) {
    this.signal = signal;
    this.#blockBytes = blockBytes;
    this.#file = NpyFile.open(path);
    const { dtype, shape } = this.#file;
    const dimensions = arrayShapes[signal].split(' x ').length;
    const wrong = !isFloat(dtype)
      ? `holds ${dtype}; it must hold float32: np.save(file, array.astype(np.float32))`
      : shape.length !== dimensions
        ? `must have the shape ${arrayShapes[signal]}, got ${shape.join(' x ') || 'a single number'}`
        : undefined;
    if (wrong === undefined) return;
    this.close();
    throw this.refusal(wrong);
  }

  get rows(): number {
    return this.#file.shape[this.#axis] ?? 0;
  }

  /** What a reader of the result should know of the file. */
  get notes(): readonly string[] {
    const { dtype, path } = this.#file;
    return dtype === 'float32' ? [] : [`${path}: ${dtype}, taken as float32`];
  }

  refusal(description: string): AppError {
    return AppError.invalid('an array cannot be used:', [
      { field: `${arrayOptions[this.signal]} ${this.#file.path}`, description },
    ]);
  }

  /** Rows `from` to `to - 1`. Throws an AppError that names the first one no model gives. */
  block(from: number, to: number): NdArray<'float32'> {
    const shape = this.#file.shape.with(this.#axis, to - from);
    const values = ndarray('float32', shape, this.#file.readFloats(this.#axis, from, to));
    const rows = Int32Array.from({ length: to - from }, (_, at) => from + at);
    try {
      checkValues('', this.signal, values, rows);
    } catch (error) {
      const { facts, violations } = AppError.from(error);
      const what = (violations[0]?.description ?? '').replace(/^of sample \d+/, '');
      throw this.refusal(`row ${facts.sampleId}${what}${this.#expectation(what)}`);
    }
    return values;
  }

  /** The rows of each set, as the strategy gets them. */
  gather(samples: SampleRows): Sets {
    const [lead, width] = [this.#axis === 1 ? (this.#file.shape[0] ?? 0) : 1, this.#file.shape.at(-1) ?? 0];
    const onlyPool = this.rows !== samples.total;
    const empty = (size: number): NdArray<'float32'> => {
      const shape = this.#axis === 1 ? [lead, size, width] : [size, width];
      return ndarray('float32', shape, new Float32Array(lead * size * width));
    };
    const sizeOf = (set: SampleSet): number => (onlyPool && set !== 'pool' ? 0 : samples.ids[set].length);
    const sets = {
      pool: empty(sizeOf('pool')),
      labelled: empty(sizeOf('labelled')),
      validation: empty(sizeOf('validation')),
    };
    for (const [from, to] of blocks(this.rows, this.rowsAtOnce)) {
      const { data } = this.block(from, to);
      for (let row = from; row < to; row++) {
        const set = onlyPool ? 'pool' : samples.setOf(row);
        const place = onlyPool ? row : samples.placeOf(row);
        for (let pass = 0; pass < lead; pass++) {
          const start = (pass * (to - from) + row - from) * width;
          sets[set].data.set(data.subarray(start, start + width), (pass * sizeOf(set) + place) * width);
        }
      }
    }
    return sets;
  }

  /** Of one block. */
  get rowsAtOnce(): number {
    const values = this.#file.shape.reduce((size, extent) => size * extent, 1) / Math.max(1, this.rows);
    return Math.max(1, Math.floor(this.#blockBytes / (4 * Math.max(1, values))));
  }

  close(): void {
    this.#file.close();
  }

  get #axis(): number {
    return this.signal === 'monteCarlo' ? 1 : 0;
  }

  #expectation(what: string): string {
    const distribution = this.signal === 'probabilities' || this.signal === 'monteCarlo';
    if (distribution) return '; each row must be probabilities: a softmax, not logits';
    return expected(what.includes('Infinity') ? Number.POSITIVE_INFINITY : Number.NaN, this.#file.dtype);
  }
}

/** What is to be said of a value that is no finite float32. */
export function notFinite(value: number | undefined, dtype: string): string {
  return `holds ${value}${expected(value, dtype)}`;
}

function expected(value: number | undefined, dtype: string): string {
  return dtype === 'float64' && !Number.isNaN(value)
    ? ' as float32, which ends at 3.4e38: every value must be a finite number of less'
    : '; every value must be a finite number';
}

/** Ranges of rows, the last one shorter. */
export function* blocks(rows: number, size: number): Generator<readonly [from: number, to: number]> {
  for (let from = 0; from < rows; from += size) yield [from, Math.min(from + size, rows)];
}
