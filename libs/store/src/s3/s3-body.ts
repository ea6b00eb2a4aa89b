// The content of one version of an object as it comes from the server. A connection that breaks or stalls is opened
// again where it broke off, pinned to the version by its etag.

import type { IncomingMessage } from 'node:http';
import { AppError } from '@alarena/core';
import { abortError, throwIfAborted } from '../abort.js';
import { changed } from '../object-errors.js';
import { type S3Client, tooLate } from './s3-client.js';
import { S3Refusal, unreachable } from './s3-errors.js';

/** A server that answers and then breaks off without a byte so often in a row does not get better by asking again. */
const fruitlessLimit = 5;

export interface S3Reading {
  readonly client: S3Client;
  readonly key: string;
  readonly etag: string;
  /** Bytes of the object wanted: [start, end). */
  readonly start: number;
  readonly end: number;
  readonly signal: AbortSignal | undefined;
  /** Opens bytes [offset, end) of this version again. */
  readonly reopen: (offset: number) => Promise<IncomingMessage>;
}

/** Not a generator: a generator that was never started would not free its connection. */
export class S3Body implements AsyncIterableIterator<Uint8Array> {
  readonly #reading: S3Reading;
  #response: IncomingMessage;
  #chunks: AsyncIterator<unknown>;
  #position: number;
  #fruitless = 0;
  #closed = false;

  constructor(response: IncomingMessage, reading: S3Reading) {
    this.#reading = reading;
    this.#response = response;
    this.#chunks = response[Symbol.asyncIterator]();
    this.#position = reading.start;
    // One that breaks while nobody reads is noticed by the next read.
    response.on('error', () => {});
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#closed) return { done: true, value: undefined };
    try {
      while (this.#position < this.#reading.end) {
        throwIfAborted(this.#reading.signal);
        const chunk = await this.#nextChunk();
        if (chunk !== undefined) return { done: false, value: chunk };
      }
      return await this.return();
    } catch (error) {
      await this.return();
      throw error;
    }
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (!this.#closed) {
      this.#closed = true;
      if (this.#position < this.#reading.end) this.#response.destroy();
      else this.#release();
    }
    return { done: true, value: undefined };
  }

  /** Reads the end of the answer behind its last byte, so that the connection is free for the next request. */
  #release(): void {
    this.#chunks.next().catch(() => {});
  }

  /** Undefined when the connection broke and was opened again. */
  async #nextChunk(): Promise<Uint8Array | undefined> {
    const { client, end, signal } = this.#reading;
    const response = this.#response;
    const timer = setTimeout(() => response.destroy(tooLate(client.answerLimitMs)), client.answerLimitMs);
    const abort = (): void => {
      if (signal !== undefined) response.destroy(abortError(signal));
    };
    signal?.addEventListener('abort', abort, { once: true });
    let failure: unknown;
    try {
      const step = await this.#chunks.next();
      if (step.value instanceof Uint8Array && step.value.byteLength > 0) {
        const chunk = step.value.subarray(0, end - this.#position);
        this.#position += chunk.byteLength;
        this.#fruitless = 0;
        // A reader who counts bytes does not ask again.
        if (this.#position === end) this.#release();
        return chunk;
      }
      failure = new Error('the answer ended too early');
    } catch (error) {
      failure = error;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    }
    throwIfAborted(signal);
    await this.#resume(unreachable(client.place, failure));
    return undefined;
  }

  async #resume(failure: AppError): Promise<void> {
    const { key, etag, reopen } = this.#reading;
    this.#response.destroy();
    if (!failure.retryable || ++this.#fruitless > fruitlessLimit) throw failure;
    try {
      this.#response = await reopen(this.#position);
    } catch (error) {
      const isGone = error instanceof S3Refusal && (error.status === 412 || error.status === 404);
      if (!isGone) throw error;
      const { message, reason, facts } = changed(key, etag);
      throw new AppError('aborted', `${message}: it was replaced while it was read`, {
        reason,
        facts,
        retryable: true,
        cause: failure,
      });
    }
    this.#response.on('error', () => {});
    this.#chunks = this.#response[Symbol.asyncIterator]();
  }
}
