// One object as one file: its bytes, then a footer of 40 bytes: SHA-256 of the bytes (32) and a mark (8). With the
// digest inside the file, content and etag appear, move and vanish together; the mark at the end shows a cut file.

import { createHash, type Hash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { AppError } from '@alarena/core';
import { throwIfAborted, untilAborted } from './abort.js';
import { codeOf, fileError } from './file-errors.js';
import type { ByteRange } from './object-store.js';

/** Fits a page cache read-ahead and keeps hashing from blocking the event loop for more than a fraction of a ms. */
const chunkBytes = 256 * 1024;
const mark = Buffer.from('ALARENA1', 'latin1');
const digestBytes = 32;
const footerBytes = digestBytes + mark.length;

/** Stands for the etag of a file without a valid footer: not made by the store, cut, or overwritten. */
export const damagedEtag = 'damaged';

export interface WrittenFile {
  readonly sizeBytes: number;
  readonly etag: string;
}

export interface ObjectFileInfo extends WrittenFile {
  readonly modifiedAt: Date;
}

/** Writes a new file and flushes it to the disk. On any failure the caller removes the file. */
export async function writeObjectFile(
  path: string,
  folder: string,
  body: Uint8Array | AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<WrittenFile> {
  const chunks = body instanceof Uint8Array ? slicesOf(body) : untilAborted(body, signal);
  const onDisk = async <T>(call: Promise<T>): Promise<T> => {
    try {
      return await call;
    } catch (error) {
      throw fileError(error, folder);
    }
  };
  const file = await onDisk(open(path, 'wx'));
  try {
    const hash = createHash('sha256');
    let sizeBytes = 0;
    for await (const chunk of chunks) {
      throwIfAborted(signal);
      hash.update(chunk);
      await onDisk(writeFully(file, chunk));
      sizeBytes += chunk.byteLength;
    }
    throwIfAborted(signal);
    const digest = hash.digest();
    await onDisk(writeFully(file, Buffer.concat([digest, mark])));
    await onDisk(file.sync());
    return { sizeBytes, etag: digest.toString('hex') };
  } finally {
    await file.close();
  }
}

/** Undefined when there is no such file. Synchronous for use under a lock. */
export function objectFileInfo(path: string): ObjectFileInfo | undefined {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) return undefined;
    const footer = Buffer.alloc(footerBytes);
    const start = stats.size - footerBytes;
    if (start >= 0) readSync(fd, footer, 0, footerBytes, start);
    return infoFrom(stats, footer);
  } finally {
    closeSync(fd);
  }
}

/** An object file opened for reading: it stays the same version whatever is put later. */
export class OpenObjectFile {
  readonly info: ObjectFileInfo;
  readonly #file: FileHandle;

  readonly #path: string;

  private constructor(file: FileHandle, path: string, info: ObjectFileInfo) {
    this.#file = file;
    this.#path = path;
    this.info = info;
  }

  static async open(path: string): Promise<OpenObjectFile | undefined> {
    let file: FileHandle;
    try {
      file = await open(path, 'r');
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw fileError(error, path);
    }
    try {
      const stats = await file.stat();
      if (stats.isFile()) {
        const footer = Buffer.alloc(footerBytes);
        const start = stats.size - footerBytes;
        if (start >= 0) await file.read(footer, 0, footerBytes, start);
        return new OpenObjectFile(file, path, infoFrom(stats, footer));
      }
    } catch (error) {
      await file.close();
      throw fileError(error, path);
    }
    await file.close();
    return undefined;
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /**
   * The content; a whole read is checked against the stored digest. What fits in one chunk is read at once; otherwise
   * the file is closed when the body has been read or given up.
   */
  async body(
    range: ByteRange | undefined,
    damaged: () => AppError,
    signal: AbortSignal | undefined,
  ): Promise<AsyncIterable<Uint8Array>> {
    const { sizeBytes, etag } = this.info;
    const start = range?.offset ?? 0;
    const end = range === undefined ? sizeBytes : Math.min(sizeBytes, start + range.length);
    const body = new FileBody(this.#file, {
      path: this.#path,
      start,
      end,
      etag: range === undefined ? etag : undefined,
      damaged,
      signal,
    });
    if (end - start > chunkBytes) return body;
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    return inMemory(chunks);
  }
}

interface Reading {
  readonly path: string;
  readonly start: number;
  readonly end: number;
  /** Of a whole read, to check it. */
  readonly etag: string | undefined;
  readonly damaged: () => AppError;
  readonly signal: AbortSignal | undefined;
}

/** Not a generator: a generator that was never started would not close its file. */
class FileBody implements AsyncIterableIterator<Uint8Array> {
  readonly #file: FileHandle;
  readonly #reading: Reading;
  readonly #hash: Hash | undefined;
  #position: number;
  #closed = false;

  constructor(file: FileHandle, reading: Reading) {
    this.#file = file;
    this.#reading = reading;
    this.#position = reading.start;
    this.#hash = reading.etag === undefined ? undefined : createHash('sha256');
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#closed) return { done: true, value: undefined };
    const { path, end, etag, damaged, signal } = this.#reading;
    try {
      throwIfAborted(signal);
      const wanted = Math.min(chunkBytes, end - this.#position);
      if (wanted === 0) return await this.return();
      const chunk = new Uint8Array(wanted);
      const { bytesRead } = await this.#file.read(chunk, 0, wanted, this.#position);
      if (bytesRead === 0) throw damaged();
      this.#position += bytesRead;
      const value = chunk.subarray(0, bytesRead);
      this.#hash?.update(value);
      // Before the last bytes are handed out: a reader who counts bytes does not ask again.
      if (this.#position === end && this.#hash && this.#hash.digest('hex') !== etag) throw damaged();
      return { done: false, value };
    } catch (error) {
      await this.return();
      throw fileError(error, path);
    }
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (!this.#closed) {
      this.#closed = true;
      await this.#file.close();
    }
    return { done: true, value: undefined };
  }
}

function infoFrom(stats: Stats, footer: Buffer): ObjectFileInfo {
  const intact = stats.size >= footerBytes && footer.subarray(digestBytes).equals(mark);
  const modifiedAt = stats.mtime;
  return intact
    ? { sizeBytes: stats.size - footerBytes, etag: footer.toString('hex', 0, digestBytes), modifiedAt }
    : { sizeBytes: stats.size, etag: damagedEtag, modifiedAt };
}

function isAbsent(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

async function writeFully(file: FileHandle, chunk: Uint8Array): Promise<void> {
  let written = 0;
  while (written < chunk.byteLength) {
    written += (await file.write(chunk, written, chunk.byteLength - written)).bytesWritten;
  }
}

async function* slicesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  for (let start = 0; start < bytes.byteLength; start += chunkBytes) {
    yield bytes.subarray(start, start + chunkBytes);
  }
}

async function* inMemory(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, undefined> {
  yield* chunks;
}
