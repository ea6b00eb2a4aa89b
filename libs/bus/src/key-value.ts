// The key-value port: small records that several processes read, change and watch. Its promises are those NATS
// JetStream KV can keep: revisions, compare-and-set, and a watch that begins with what is there.

export interface KeyValueEntry {
  readonly key: string;
  readonly value: Uint8Array;
  /** Rises with every change of the bucket; names this version in `update` and `delete`. */
  readonly revision: number;
}

export interface KeyValueChange {
  readonly key: string;
  /** Undefined when the key was deleted or has expired. */
  readonly entry: KeyValueEntry | undefined;
}

/** One bucket. Keys are 1 to 250 of letters, digits, `-`, `_`, and `.` between tokens; values at most `maxPayloadBytes`. */
export interface KeyValue {
  get(key: string): Promise<KeyValueEntry | undefined>;
  /** Whatever is there. Returns the new revision, as `create` and `update` do. */
  put(key: string, value: Uint8Array): Promise<number>;
  /** Only when the key is not there, else `already-exists`. Of several such calls exactly one succeeds. */
  create(key: string, value: Uint8Array): Promise<number>;
  /** Only when the key is there in this revision, else `aborted`. */
  update(key: string, value: Uint8Array, revision: number): Promise<number>;
  /** Succeeds also when the key is not there. With a revision, `aborted` when it is there in another one. */
  delete(key: string, revision?: number): Promise<void>;
  /** Keys that begin with `prefix` (whole tokens, e.g. `worker.`; '' for all), in order of their characters. */
  keys(prefix: string): Promise<string[]>;
  /**
   * What is there under `prefix`, then `ready` once, then each change, until the signal aborts. A reader that lags may
   * see only the last change of a key. A bus that is away for a while is waited for.
   */
  watch(
    prefix: string,
    options: { readonly signal: AbortSignal; readonly onReady?: () => void },
  ): AsyncIterable<KeyValueChange>;
}

export interface BucketOptions {
  /** Letters, digits, `-` and `_`. */
  readonly name: string;
  /** An entry not written for so long disappears. Default: never. */
  readonly ttlMs?: number;
}

/** What opens buckets. Whoever opens one of a name gets the same entries; the options must agree. */
export interface Buckets {
  openBucket(options: BucketOptions): Promise<KeyValue>;
}
