// The object store in an S3 bucket: MinIO, SeaweedFS, Amazon and others that honour If-None-Match and If-Match on PUT.
//
// Every object carries the nonce of its put as metadata, by which a put that is repeated after a lost answer knows its
// own success. A conditional delete leaves a *tombstone*, since MinIO ignores If-Match on DELETE: a small object put
// by If-Match and marked in its metadata, which counts as absent everywhere and gives way to the next put.

import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { AppError } from '@alarena/core';
import { throwIfAborted, untilAborted } from '../abort.js';
import { alreadyExists, beyondEnd, changed, checkConditions, checkRange } from '../object-errors.js';
import { checkKey, checkPrefix, isKey } from '../object-keys.js';
import type {
  ByteRange,
  GetOptions,
  ObjectInfo,
  ObjectStore,
  ObjectVersion,
  PutOptions,
  StoredObject,
} from '../object-store.js';
import { S3Body } from './s3-body.js';
import { checkPromises } from './s3-check.js';
import { S3Client } from './s3-client.js';
import { S3Refusal } from './s3-errors.js';
import {
  type Found,
  foundFrom,
  type Headers,
  infoOf,
  nonceHeader,
  rangeHeaders,
  tombstoneHeader,
} from './s3-headers.js';
import { listObjects } from './s3-list.js';
import { makeRetry, type Retry } from './s3-retry.js';
import type { S3StoreSettings } from './s3-settings.js';
import { Parts, type UploadedParts, upload } from './s3-upload.js';
import { bareEtag, completionOf, elementOf, type ListedObject } from './s3-xml.js';

/** Bytes up to this are put by one request. Streams go in parts as soon as they exceed one part. */
const singlePutBytes = 64 << 20;
/** An object up to this is read at once, so that a reader who never begins holds no connection. */
const readAtOnceBytes = 256 << 10;
/** Its size is told by listings: only objects of this size are looked at more closely. */
const tombstone = Buffer.from('deleted by a condition; the store takes this object for absent\n');

export class S3Store implements ObjectStore {
  readonly #client: S3Client;
  readonly #retry: Retry;

  constructor(settings: S3StoreSettings) {
    this.#client = new S3Client(settings);
    this.#retry = makeRetry(settings.retries);
  }

  async put(
    key: string,
    body: Uint8Array | AsyncIterable<Uint8Array>,
    options: PutOptions = {},
  ): Promise<ObjectVersion> {
    checkKey(key);
    checkConditions(options);
    const { signal } = options;
    throwIfAborted(signal);
    const mark = { [nonceHeader]: randomUUID() };
    if (body instanceof Uint8Array && body.byteLength <= singlePutBytes) {
      return await this.#putWhole(key, body, options, mark);
    }
    const parts = await Parts.of(body instanceof Uint8Array ? body : untilAborted(body, signal));
    try {
      const whole = parts.whole();
      if (whole !== undefined) return await this.#putWhole(key, whole, options, mark);
      return await this.#putParts(key, parts, options, mark);
    } finally {
      await parts.close();
    }
  }

  async get(key: string, { range, signal }: GetOptions = {}): Promise<StoredObject> {
    checkKey(key);
    checkRange(range);
    const open = (from: ByteRange | undefined, etag?: string): Promise<IncomingMessage> =>
      this.#retry(async () => {
        const headers = rangeHeaders(from, etag);
        const response = await this.#client.send({ method: 'GET', key, headers, signal });
        if (from === undefined || response.statusCode === 206) return response;
        response.destroy();
        throw this.#ignoresRanges();
      }, signal);
    let response: IncomingMessage;
    try {
      response = await open(range);
    } catch (error) {
      throw isRefusal(error, 416) ? await this.#outOfRange(key) : error;
    }
    const found = foundFrom(key, response.headers);
    if (found.isTombstone) {
      response.resume();
      throw this.#absent(key);
    }
    const { etag, sizeBytes } = found;
    const start = range?.offset ?? 0;
    const end = Math.min(sizeBytes, range === undefined ? sizeBytes : start + range.length);
    const body = new S3Body(response, {
      client: this.#client,
      key,
      etag,
      start,
      end,
      signal,
      reopen: (offset) => open({ offset, length: end - offset }, etag),
    });
    const info = infoOf(found);
    if (end - start > readAtOnceBytes) return { info, body };
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    return { info, body: inMemory(chunks) };
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    checkKey(key);
    const found = await this.#find(key);
    return found === undefined || found.isTombstone ? undefined : infoOf(found);
  }

  async *list(prefix: string): AsyncGenerator<ObjectInfo, void, undefined> {
    checkPrefix(prefix);
    const ownPrefix = this.#client.place.prefix;
    for await (const object of listObjects(this.#client, this.#retry, ownPrefix + prefix)) {
      const key = object.key.slice(ownPrefix.length);
      if (isKey(key) && !(await this.#isTombstone(key, object))) yield { ...object, key };
    }
  }

  async delete(key: string, { ifMatch }: { readonly ifMatch?: string } = {}): Promise<void> {
    checkKey(key);
    try {
      if (ifMatch === undefined) await this.#retry(() => this.#client.call({ method: 'DELETE', key }));
      else
        await this.#putWhole(
          key,
          tombstone,
          { ifMatch },
          { [nonceHeader]: randomUUID(), [tombstoneHeader]: '1' },
        );
    } catch (error) {
      if (isRefusal(error, 404)) return;
      const isChanged = error instanceof AppError && error.code === 'aborted';
      if (!isChanged || (await this.head(key)) !== undefined) throw error;
    }
  }

  /**
   * Throws `failed-precondition` unless the server keeps the promises the store builds on. Writes below
   * `.alarena-check/` and removes it again.
   */
  async check(): Promise<void> {
    await checkPromises(this.#client, this.#retry);
  }

  /** Ends idle connections. They do not keep a process alive, so only tests need this. */
  close(): void {
    this.#client.close();
  }

  async #putWhole(key: string, body: Uint8Array, options: PutOptions, mark: Headers): Promise<ObjectVersion> {
    const { signal } = options;
    return await this.#commit(key, body.byteLength, options, mark, async (condition) => {
      const headers = { ...mark, ...condition };
      return bareEtag((await this.#client.call({ method: 'PUT', key, headers, body, signal })).headers.etag);
    });
  }

  async #putParts(
    key: string,
    parts: AsyncIterable<Uint8Array>,
    options: PutOptions,
    mark: Headers,
  ): Promise<ObjectVersion> {
    const { ifNoneMatch, signal } = options;
    // Not needed for the promise, but saves the sending of what cannot be put.
    if (ifNoneMatch !== undefined && (await this.head(key)) !== undefined) throw alreadyExists(key);
    const complete = ({ uploadId, etags, sizeBytes }: UploadedParts): Promise<ObjectVersion> =>
      this.#commit(key, sizeBytes, options, mark, async (headers) => {
        const query = `uploadId=${encodeURIComponent(uploadId)}`;
        const body = completionOf(etags);
        const { text } = await this.#client.call({ method: 'POST', key, query, headers, body, signal });
        // A failure after the first byte of the answer comes with status 200.
        const etag = elementOf(text, 'ETag');
        if (etag !== undefined) return bareEtag(etag);
        throw new AppError(
          'unavailable',
          `the parts of ${key} were not put together: ${elementOf(text, 'Code')}`,
          { reason: 'STORE_FAILING' },
        );
      });
    return await upload(this.#client, this.#retry, { key, headers: mark, signal }, parts, complete);
  }

  /** Sends the request that makes an object visible, and finds out what a refusal means. */
  async #commit(
    key: string,
    sizeBytes: number,
    { ifMatch, ifNoneMatch, signal }: PutOptions,
    mark: Headers,
    send: (condition: Headers) => Promise<string>,
  ): Promise<ObjectVersion> {
    let condition: Headers = ifMatch === undefined ? {} : { 'if-match': `"${ifMatch}"` };
    if (ifNoneMatch !== undefined) condition = { 'if-none-match': '*' };
    let isUnsure = false;
    const attempt = async (): Promise<string> => {
      try {
        return await send(condition);
      } catch (error) {
        isUnsure ||= error instanceof AppError && error.retryable;
        throw error;
      }
    };
    while (true) {
      try {
        return { key, sizeBytes, etag: await this.#retry(attempt, signal) };
      } catch (error) {
        if (!isRefusal(error, 412) && !isRefusal(error, 404)) throw error;
        const found = await this.#find(key);
        if (isUnsure && found !== undefined && found.nonce === mark[nonceHeader]) {
          return { key, sizeBytes, etag: found.etag };
        }
        if (ifMatch !== undefined) throw changed(key, ifMatch);
        if (ifNoneMatch === undefined) throw isUnsure ? unknownOutcome(key, error) : error;
        if (found !== undefined && !found.isTombstone) throw alreadyExists(key);
        condition = found === undefined ? { 'if-none-match': '*' } : { 'if-match': `"${found.etag}"` };
        throwIfAborted(signal);
      }
    }
  }

  async #find(key: string): Promise<Found | undefined> {
    try {
      return foundFrom(key, (await this.#retry(() => this.#client.call({ method: 'HEAD', key }))).headers);
    } catch (error) {
      if (isRefusal(error, 404)) return undefined;
      throw error;
    }
  }

  async #isTombstone(key: string, { sizeBytes }: ListedObject): Promise<boolean> {
    return sizeBytes === tombstone.byteLength && (await this.#find(key))?.isTombstone !== false;
  }

  async #outOfRange(key: string): Promise<AppError> {
    const info = await this.head(key);
    return info === undefined ? this.#absent(key) : beyondEnd(key, info.sizeBytes);
  }

  #ignoresRanges(): AppError {
    const { bucket, endpoint } = this.#client.place;
    return new AppError(
      'failed-precondition',
      `the bucket ${bucket} at ${endpoint.origin} cannot be used: its server gives whole objects where a range is asked for`,
      { reason: 'STORE_UNSAFE', facts: { endpoint: endpoint.origin, bucket } },
    );
  }

  #absent(key: string): AppError {
    const { bucket, endpoint } = this.#client.place;
    return new AppError(
      'not-found',
      `there is no object ${key} in the bucket ${bucket} at ${endpoint.origin}`,
      {
        facts: { key },
      },
    );
  }
}

/** An object or upload that is not there, or not as it should be; not a bucket that is not there. */
function isRefusal(error: unknown, status: number): error is S3Refusal {
  return error instanceof S3Refusal && error.status === status && error.s3Code !== 'NoSuchBucket';
}

function unknownOutcome(key: string, cause: AppError): AppError {
  const message = `whether ${key} was put is not known: the answer was lost`;
  return new AppError('unavailable', message, { reason: 'STORE_ANSWER_LOST', cause });
}

async function* inMemory(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, undefined> {
  yield* chunks;
}
