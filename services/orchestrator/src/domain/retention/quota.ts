// How much the store holds, and the refusal of new work beyond its quota.

import { AppError } from '@alarena/core';
import type { ObjectStore } from '@alarena/store';

export interface QuotaOptions {
  readonly store: ObjectStore;
  /** Undefined: no limit, and nothing is measured. */
  readonly quotaBytes: number | undefined;
  /** A measurement older than this is made anew before a refusal or a permission hangs on it. */
  readonly maxAgeMs: number;
}

export class StoreQuota {
  readonly quotaBytes: number | undefined;
  readonly #options: QuotaOptions;
  #measured: { readonly bytes: number; readonly at: number } | undefined;
  #measuring: Promise<number> | undefined;

  constructor(options: QuotaOptions) {
    this.#options = options;
    this.quotaBytes = options.quotaBytes;
  }

  /** Of the last measurement. */
  get bytes(): number | undefined {
    return this.#measured?.bytes;
  }

  /** Throws `resource-exhausted` when the store holds as much as it may. */
  async check(): Promise<void> {
    const { quotaBytes } = this;
    if (quotaBytes === undefined) return;
    const bytes = await this.measure();
    if (bytes < quotaBytes) return;
    throw new AppError(
      'resource-exhausted',
      `the object store holds ${gigabytes(bytes)} of its quota of ${gigabytes(quotaBytes)}: see what can go with ` +
        '"alarena gc --dry-run", remove it with "alarena gc", or have the quota raised',
      { reason: 'STORE_QUOTA_REACHED', facts: { bytes, quotaBytes }, retryable: false },
    );
  }

  /** After what has made the last measurement wrong. */
  forget(): void {
    this.#measured = undefined;
  }

  /** Lists the whole store: some seconds for each hundred thousand objects. */
  async measure(): Promise<number> {
    const known = this.#measured;
    if (known !== undefined && performance.now() - known.at < this.#options.maxAgeMs) return known.bytes;
    this.#measuring ??= this.#sum().finally(() => {
      this.#measuring = undefined;
    });
    return this.#measuring;
  }

  async #sum(): Promise<number> {
    let bytes = 0;
    for await (const { sizeBytes } of this.#options.store.list('')) bytes += sizeBytes;
    this.#measured = { bytes, at: performance.now() };
    return bytes;
  }
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toPrecision(3)} GB`;
}
