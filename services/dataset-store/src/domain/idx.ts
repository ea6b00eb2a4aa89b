// IDX, the format of MNIST and its kin: two zero bytes, the element type (8: unsigned byte), the number of
// dimensions, each extent as a big-endian 32-bit integer, then the values, row-major. Read as a stream; every
// deviation is an error that names the file. Source: http://yann.lecun.com/exdb/mnist/, "the IDX file format".

import { createHash } from 'node:crypto';
import { AppError } from '@alarena/core';

const UNSIGNED_BYTE = 8;
/** A header that asks for more is damaged, or not one of ours. */
const MAX_ITEM_BYTES = 8 << 20;
const MAX_ITEMS = 2 ** 31 - 1;

/** A file as a stream of its uncompressed bytes. */
export interface ByteSource {
  /** Shown in errors. */
  readonly name: string;
  open(): AsyncIterable<Uint8Array>;
}

export interface IdxHeader {
  readonly items: number;
  /** Extents of one item; empty for labels. */
  readonly itemShape: readonly number[];
  readonly itemBytes: number;
}

export interface IdxSummary {
  readonly header: IdxHeader;
  /** Of the uncompressed bytes. */
  readonly sha256: string;
  readonly sizeBytes: number;
}

export interface IdxOptions {
  /** Dimensions the file must have: 1 for labels, 3 for images. */
  readonly rank: number;
  /** Most items given at once. */
  readonly batchItems: (header: IdxHeader) => number;
  readonly signal?: AbortSignal | undefined;
}

/** Yields the items in batches, whole items each, and returns a summary when the file ended where it should. */
export async function* readIdx(
  source: ByteSource,
  options: IdxOptions,
): AsyncGenerator<Uint8Array<ArrayBuffer>, IdxSummary, undefined> {
  const hash = createHash('sha256');
  const head = new HeaderReader(source.name, options.rank);
  let header: IdxHeader | undefined;
  let sizeBytes = 0;
  let batch = new Uint8Array(0);
  let held = 0;
  let left = 0;
  for await (const chunk of source.open()) {
    if (options.signal?.aborted) {
      throw new AppError('cancelled', 'the import was cancelled', { cause: options.signal.reason });
    }
    hash.update(chunk);
    sizeBytes += chunk.length;
    let rest = chunk;
    if (header === undefined) {
      ({ header, rest } = head.take(chunk));
      if (header === undefined) continue;
      left = header.items * header.itemBytes;
      batch = newBatch(header, options, left);
    }
    while (rest.length > 0 && left > 0) {
      const count = Math.min(rest.length, batch.length - held);
      batch.set(rest.subarray(0, count), held);
      held += count;
      left -= count;
      rest = rest.subarray(count);
      if (held < batch.length) continue;
      yield batch;
      batch = newBatch(header, options, left);
      held = 0;
    }
  }
  const expected = head.headerBytes + (header === undefined ? 0 : header.items * header.itemBytes);
  if (header === undefined || sizeBytes !== expected) throw wrongLength(source.name, expected, sizeBytes);
  return { header, sha256: hash.digest('hex'), sizeBytes };
}

function newBatch(header: IdxHeader, options: IdxOptions, left: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Math.min(left, Math.max(1, options.batchItems(header)) * header.itemBytes));
}

class HeaderReader {
  readonly headerBytes: number;
  readonly #name: string;
  readonly #rank: number;
  readonly #bytes: Buffer;
  #held = 0;

  constructor(name: string, rank: number) {
    this.#name = name;
    this.#rank = rank;
    this.headerBytes = 4 + 4 * rank;
    this.#bytes = Buffer.alloc(this.headerBytes);
  }

  /** The header once it is complete, and what follows it in `chunk`. */
  take(chunk: Uint8Array): { header: IdxHeader | undefined; rest: Uint8Array } {
    const count = Math.min(chunk.length, this.headerBytes - this.#held);
    this.#bytes.set(chunk.subarray(0, count), this.#held);
    this.#held += count;
    // At once: a short file of another kind is not a truncated one of ours.
    if (this.#held >= 4) this.#checkMagic();
    const header = this.#held === this.headerBytes ? this.#parse() : undefined;
    return { header, rest: chunk.subarray(count) };
  }

  #checkMagic(): void {
    const expected = hex((UNSIGNED_BYTE << 8) | this.#rank);
    const actual = hex(this.#bytes.readUInt32BE(0));
    if (actual === expected) return;
    const kind = `an IDX file of unsigned bytes with ${this.#rank} dimension${this.#rank === 1 ? '' : 's'}`;
    throw invalid(this.#name, `is not ${kind}: it begins with ${actual}, expected ${expected}`, {
      expected,
      actual,
    });
  }

  #parse(): IdxHeader {
    const extents = Array.from({ length: this.#rank }, (_, i) => this.#bytes.readUInt32BE(4 + 4 * i));
    const [items = 0, ...itemShape] = extents;
    const itemBytes = itemShape.reduce((product, extent) => product * extent, 1);
    if (items < 1 || items > MAX_ITEMS || itemBytes < 1 || itemBytes > MAX_ITEM_BYTES) {
      throw invalid(
        this.#name,
        `has extents ${extents.join(' x ')}; expected at least one item, and 1 to ${MAX_ITEM_BYTES} bytes an item`,
        { actual: extents.join('x') },
      );
    }
    return { items, itemShape, itemBytes };
  }
}

function hex(magic: number): string {
  return `0x${magic.toString(16).padStart(8, '0')}`;
}

function wrongLength(name: string, expected: number, actual: number): AppError {
  const what =
    actual < expected
      ? `is truncated: it ends after ${actual} bytes, expected ${expected}`
      : `has ${actual - expected} bytes too many: ${actual}, expected ${expected}`;
  return new AppError('data-loss', `${name} ${what}`, {
    reason: actual < expected ? 'SOURCE_TRUNCATED' : 'SOURCE_TRAILING_BYTES',
    facts: { file: name, expected, actual },
    violations: [{ field: 'source', description: `${name} ${what}` }],
  });
}

export function invalid(
  name: string,
  what: string,
  facts: Readonly<Record<string, string | number>>,
): AppError {
  return new AppError('invalid-argument', `${name} ${what}`, {
    reason: 'SOURCE_INVALID',
    facts: { file: name, ...facts },
    violations: [{ field: 'source', description: `${name} ${what}` }],
  });
}
