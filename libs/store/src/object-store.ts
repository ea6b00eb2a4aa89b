// The object store port. Its promises are those of S3 (MinIO, SeaweedFS) and no more, so that every adapter can keep
// them: whole objects by key, strong read-after-write, conditional puts, byte ranges, listing in key order.

export interface ObjectVersion {
  readonly key: string;
  readonly sizeBytes: number;
  /** Opaque. Two versions of a key with different bytes have different etags; the same bytes may share one. */
  readonly etag: string;
}

export interface ObjectInfo extends ObjectVersion {
  /** When it was put, by the store's clock; some stores round it down to a second in some answers. */
  readonly modifiedAt: Date;
}

export interface PutOptions {
  /** Only when the key does not exist; otherwise `already-exists`. Of several such puts exactly one succeeds (on SeaweedFS: of bodies small enough to be put at once). */
  readonly ifNoneMatch?: '*';
  /** Only when the key exists with this etag; otherwise `aborted`. */
  readonly ifMatch?: string;
  readonly signal?: AbortSignal | undefined;
}

/** Bytes [offset, offset + length), cut at the end of the object. `length` is at least 1. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

export interface GetOptions {
  /** A range that begins at or behind the object's end is `invalid-argument`. */
  readonly range?: ByteRange | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface StoredObject {
  /** Describes the whole object, also when a range was asked for. */
  readonly info: ObjectInfo;
  /** Of one version of the object, whatever is put meanwhile. Read it to its end, or leave the loop: it holds a file or connection. */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface ObjectStore {
  /** All or nothing: no reader ever sees a part of `body`, and a put that fails or is killed changes nothing. */
  put(
    key: string,
    body: Uint8Array | AsyncIterable<Uint8Array>,
    options?: PutOptions,
  ): Promise<ObjectVersion>;
  /** `not-found` when there is no such key; `data-loss` when the stored bytes are known to be damaged. */
  get(key: string, options?: GetOptions): Promise<StoredObject>;
  head(key: string): Promise<ObjectInfo | undefined>;
  /** Every object whose key begins with `prefix` (any string of key characters), in order of the keys' bytes. */
  list(prefix: string): AsyncIterable<ObjectInfo>;
  /** Succeeds also when the key does not exist. With `ifMatch`, `aborted` when it exists with another etag. */
  delete(key: string, options?: { readonly ifMatch?: string }): Promise<void>;
}
