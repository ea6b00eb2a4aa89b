// What the headers of an answer say of an object, and those that ask for a part of one.

import type { IncomingHttpHeaders } from 'node:http';
import type { ByteRange, ObjectInfo } from '../object-store.js';
import { bareEtag } from './s3-xml.js';

export type Headers = Readonly<Record<string, string>>;

export const nonceHeader = 'x-amz-meta-alarena-put';
export const tombstoneHeader = 'x-amz-meta-alarena-deleted';

/** What is at a key, tombstones included. */
export interface Found extends ObjectInfo {
  readonly nonce: string | undefined;
  readonly isTombstone: boolean;
}

export function foundFrom(key: string, headers: IncomingHttpHeaders): Found {
  const total = headers['content-range']?.split('/')[1] ?? headers['content-length'];
  const nonce = headers[nonceHeader];
  return {
    key,
    sizeBytes: Number(total),
    etag: bareEtag(headers.etag),
    modifiedAt: new Date(headers['last-modified'] ?? Number.NaN),
    nonce: typeof nonce === 'string' ? nonce : undefined,
    isTombstone: headers[tombstoneHeader] !== undefined,
  };
}

export function infoOf({ key, sizeBytes, etag, modifiedAt }: Found): ObjectInfo {
  return { key, sizeBytes, etag, modifiedAt };
}

export function rangeHeaders(range: ByteRange | undefined, etag: string | undefined): Headers {
  return {
    ...(range === undefined ? {} : { range: `bytes=${range.offset}-${range.offset + range.length - 1}` }),
    ...(etag === undefined ? {} : { 'if-match': `"${etag}"` }),
  };
}
