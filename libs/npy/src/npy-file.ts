// One array of an NPY file on disk, read by parts: whoever reads decides how much of it is in memory. Calls block,
// since what reads does so in a thread of its own.

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { AppError } from '@alarena/core';
import { decode, isFloat, type NpyDType, type Values } from './dtypes.js';
import { headPlace, NpyFault, type NpyHeader, PREFIX_BYTES, parseHead } from './header.js';

/** More than this in one call is more than some systems read. */
const MAX_READ_BYTES = 1 << 26;
const MAX_DIMENSIONS = 3;

export class NpyFile {
  readonly path: string;
  readonly #descriptor: number;
  readonly #header: NpyHeader;

  /** Throws an AppError: `not-found`, or `invalid-argument` with what is wrong with the file. */
  static open(path: string): NpyFile {
    const descriptor = opened(path);
    try {
      return new NpyFile(path, descriptor);
    } catch (error) {
      closeSync(descriptor);
      throw error instanceof NpyFault ? faulty(path, error.message) : unreadable(path, error);
    }
  }

  private constructor(path: string, descriptor: number) {
    this.path = path;
    this.#descriptor = descriptor;
    const stats = fstatSync(descriptor);
    if (stats.isDirectory()) throw new NpyFault('is a folder; name the NPY file');
    if (!stats.isFile()) throw new NpyFault('must be a file on disk: its parts are read in any order');
    const prefix = Buffer.alloc(Math.min(PREFIX_BYTES, stats.size));
    this.#fill(prefix, 0);
    const { from, to } = headPlace(prefix);
    if (to > stats.size) throw new NpyFault('is cut short in its head');
    const head = Buffer.alloc(to - from);
    this.#fill(head, from);
    this.#header = parseHead(head.toString('utf8'), to);
    const dimensions = this.shape.length;
    if (dimensions > MAX_DIMENSIONS)
      throw new NpyFault(`has ${dimensions} dimensions, at most ${MAX_DIMENSIONS} are read`);
    checkSize(this.#header, stats.size);
  }

  get dtype(): NpyDType {
    return this.#header.type.dtype;
  }

  get shape(): readonly number[] {
    return this.#header.shape;
  }

  /**
   * Indices `from` to `to - 1` of one axis, all of the others: row-major, whatever the order in the file. float16 and
   * float64 become float32; throws an AppError where the file holds no floats.
   */
  readFloats(axis: number, from: number, to: number): Float32Array {
    if (!isFloat(this.dtype)) throw faulty(this.path, `holds ${this.dtype}, not floats`);
    const values = this.#read(axis, from, to);
    const floats = values instanceof Float32Array ? values : Float32Array.from(numbers(values));
    return this.#header.fortranOrder ? rowMajor(floats, this.shape.with(axis, to - from)) : floats;
  }

  /** All values of a file with one dimension; throws an AppError where there are more, or no integers. */
  readIntegers(): Float64Array {
    const { dtype, shape } = this;
    if (isFloat(dtype)) throw faulty(this.path, `holds ${dtype}, not integers`);
    if (shape.length !== 1) throw faulty(this.path, `must have one dimension, has the shape ${shown(shape)}`);
    return Float64Array.from(numbers(this.#read(0, 0, shape[0] ?? 0)));
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  /** In the order of the file. */
  #read(axis: number, from: number, to: number): Values {
    const { type, fortranOrder, shape, offset } = this.#header;
    // The last dimension runs fastest.
    const stored = fortranOrder ? shape.toReversed() : shape;
    const place = fortranOrder ? shape.length - 1 - axis : axis;
    const runs = product(stored.slice(0, place));
    const step = product(stored.slice(place + 1)) * type.bytes;
    const run = (to - from) * step;
    const buffer = new ArrayBuffer(runs * run);
    for (let at = 0; at < runs; at++) {
      const target = new Uint8Array(buffer, at * run, run);
      this.#fill(target, offset + (at * (stored[place] ?? 1) + from) * step);
    }
    return decode(buffer, type);
  }

  #fill(target: Uint8Array, position: number): void {
    for (let done = 0; done < target.length; ) {
      const most = Math.min(target.length - done, MAX_READ_BYTES);
      const read = readSync(this.#descriptor, target, done, most, position + done);
      if (read === 0) throw faulty(this.path, 'became shorter while it was read');
      done += read;
    }
  }
}

/** Opens, uses and closes. */
export function withNpy<T>(path: string, use: (file: NpyFile) => T): T {
  const file = NpyFile.open(path);
  try {
    return use(file);
  } finally {
    file.close();
  }
}

function opened(path: string): number {
  try {
    // A pipe without a writer would be waited for; that it is no file is seen next.
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw unreadable(path, error);
  }
}

function checkSize({ type, shape, offset }: NpyHeader, fileBytes: number): void {
  const expected = product(shape) * type.bytes;
  const actual = fileBytes - offset;
  if (actual === expected) return;
  const what = `${shown(shape)} of ${type.dtype} are ${expected} bytes`;
  if (actual < expected) throw new NpyFault(`is cut short: ${what}, and it has ${actual}`);
  throw new NpyFault(`has ${actual - expected} bytes after its array (${what}): write one array to one file`);
}

function numbers(values: Values): ArrayLike<number> {
  const big = values instanceof BigInt64Array || values instanceof BigUint64Array;
  return big ? Float64Array.from(values, Number) : values;
}

/** From the first index fastest to the last index fastest. At most three dimensions. */
function rowMajor(values: Float32Array, shape: readonly number[]): Float32Array {
  const [planes = 1, rows = 1, columns = 1] = [1, 1, ...shape].slice(-3);
  const result = new Float32Array(values.length);
  let to = 0;
  for (let i = 0; i < planes; i++) {
    for (let j = 0; j < rows; j++) {
      for (let k = 0; k < columns; k++) result[to++] = values[i + planes * (j + rows * k)] as number;
    }
  }
  return result;
}

function shown(shape: readonly number[]): string {
  return shape.length === 0 ? '()' : shape.join(' x ');
}

function product(extents: readonly number[]): number {
  return extents.reduce((size, extent) => size * extent, 1);
}

function faulty(path: string, description: string): AppError {
  return AppError.invalid(`${path} cannot be read:`, [{ field: path, description }]);
}

function unreadable(path: string, error: unknown): AppError {
  if (error instanceof AppError) return error;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return new AppError('not-found', `there is no file ${path}`, { cause: error });
  return faulty(path, AppError.from(error).message);
}
