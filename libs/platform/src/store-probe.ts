// Whether the object store answers, asked now and then beside all work.

import { AppError } from '@alarena/core';
import type { ObjectStore } from '@alarena/store';
import type { Logger } from '@alarena/telemetry';

const EVERY_MS = 5_000;
/** Longer than a store under load takes. */
const LIMIT_MS = 10_000;

export class StoreProbe {
  readonly #timer: NodeJS.Timeout;
  #answers = true;
  #asking = false;

  readonly #store: ObjectStore;
  readonly #logger: Logger;

  constructor(store: ObjectStore, logger: Logger) {
    this.#store = store;
    this.#logger = logger;
    this.#timer = setInterval(() => void this.#ask(), EVERY_MS);
    this.#timer.unref();
  }

  get answers(): boolean {
    return this.#answers;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #ask(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<never>((_, reject) => {
      const late = new AppError('unavailable', `the object store has not answered for ${LIMIT_MS} ms`);
      timer = setTimeout(() => reject(late), LIMIT_MS);
    });
    try {
      await Promise.race([this.#store.head('probe'), limit]);
      if (!this.#answers) this.#logger.info('the object store answers again');
      this.#answers = true;
    } catch (error) {
      if (this.#answers) this.#logger.warn({ err: error }, 'the object store does not answer');
      this.#answers = false;
    } finally {
      clearTimeout(timer);
      this.#asking = false;
    }
  }
}
