// Multipart uploads: a body in parts of one size, each sent while the next one is filled, so that at most two are held.

import { AppError } from '@alarena/core';
import type { S3Client } from './s3-client.js';
import type { Retry } from './s3-retry.js';
import { bareEtag, elementOf } from './s3-xml.js';

/** The least that S3 allows. With its limit of 10,000 parts an object has at most 48 GiB. */
export const partBytes = 5 << 20;
const maxParts = 10_000;
/** Of the buffer for a stream's first part; most streams end before it is full. */
const firstBufferBytes = 256 << 10;

export interface UploadedParts {
  readonly uploadId: string;
  readonly etags: readonly string[];
  readonly sizeBytes: number;
}

/** A body in pieces of `partBytes`, the last one of what is left; none for no bytes. Never holds a piece it gave out. */
export async function* partsOf(
  body: Uint8Array | AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (body instanceof Uint8Array) {
    for (let start = 0; start < body.byteLength; start += partBytes) {
      yield body.subarray(start, start + partBytes);
    }
    return;
  }
  let part: Uint8Array = new Uint8Array(firstBufferBytes);
  let filled = 0;
  for await (const chunk of body) {
    for (let taken = 0; taken < chunk.byteLength; ) {
      if (filled === partBytes) {
        yield part;
        part = new Uint8Array(partBytes);
        filled = 0;
      } else if (filled === part.byteLength) {
        part = grown(part);
      }
      const piece = chunk.subarray(taken, taken + part.byteLength - filled);
      part.set(piece, filled);
      filled += piece.byteLength;
      taken += piece.byteLength;
    }
  }
  if (filled > 0) yield part.subarray(0, filled);
}

function grown(part: Uint8Array): Uint8Array {
  const larger = new Uint8Array(Math.min(2 * part.byteLength, partBytes));
  larger.set(part);
  return larger;
}

/** Parts of which the first can be looked at before they are read. */
export class Parts implements AsyncIterable<Uint8Array> {
  readonly #parts: AsyncGenerator<Uint8Array, void, undefined>;
  #first: Uint8Array | undefined;

  private constructor(parts: AsyncGenerator<Uint8Array, void, undefined>, first: Uint8Array) {
    this.#parts = parts;
    this.#first = first;
  }

  static async of(body: Uint8Array | AsyncIterable<Uint8Array>): Promise<Parts> {
    const parts = partsOf(body);
    return new Parts(parts, (await parts.next()).value ?? new Uint8Array(0));
  }

  /** The whole body, when it is less than one part. */
  whole(): Uint8Array | undefined {
    return this.#first !== undefined && this.#first.byteLength < partBytes ? this.#first : undefined;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    yield this.#takeFirst();
    yield* this.#parts;
  }

  /** Leaves the body, read or not: it may hold a file. */
  async close(): Promise<void> {
    await this.#parts.return();
  }

  #takeFirst(): Uint8Array {
    const first = this.#first ?? new Uint8Array(0);
    this.#first = undefined;
    return first;
  }
}

/** Sends the parts and gives them to `complete`. Whatever fails, nothing of the upload stays on the server. */
export async function upload<T>(
  client: S3Client,
  retry: Retry,
  target: {
    readonly key: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly signal: AbortSignal | undefined;
  },
  parts: AsyncIterable<Uint8Array>,
  complete: (uploaded: UploadedParts) => Promise<T>,
): Promise<T> {
  const { key, headers, signal } = target;
  const uploadId = await retry(async () => {
    const { text } = await client.call({ method: 'POST', key, query: 'uploads', headers, signal });
    return elementOf(text, 'UploadId') ?? '';
  }, signal);
  const query = `uploadId=${encodeURIComponent(uploadId)}`;
  const etags: string[] = [];
  let sizeBytes = 0;
  // Of the parts alone: a body that fails ends the sending of the part before, too.
  const stop = new AbortController();
  const forward = (): void => stop.abort(signal?.reason);
  signal?.addEventListener('abort', forward, { once: true });
  let sending: Promise<void> = Promise.resolve();
  const send = async (body: Uint8Array, index: number): Promise<void> => {
    etags[index] = await retry(async () => {
      const part = `partNumber=${index + 1}&${query}`;
      const answer = await client.call({ method: 'PUT', key, query: part, body, signal: stop.signal });
      return bareEtag(answer.headers.etag);
    }, stop.signal);
  };
  try {
    let count = 0;
    for await (const part of parts) {
      await sending;
      if (count === maxParts) throw tooLarge(key);
      sizeBytes += part.byteLength;
      sending = send(part, count++);
      // Looked at before the next part and after the last; meanwhile the body is waited for.
      sending.catch(() => {});
    }
    await sending;
    return await complete({ uploadId, etags, sizeBytes });
  } catch (error) {
    stop.abort();
    await Promise.allSettled([sending]);
    // Also what a time limit or a cancel ended is cleared away; a server that is gone is asked once only.
    await client.call({ method: 'DELETE', key, query }).catch(() => {});
    throw error;
  } finally {
    signal?.removeEventListener('abort', forward);
  }
}

function tooLarge(key: string): AppError {
  const limit = `${maxParts * (partBytes >> 20)} MiB`;
  return AppError.invalid(`the object ${key} is too large`, [
    { field: 'body', description: `must have at most ${limit}` },
  ]);
}
