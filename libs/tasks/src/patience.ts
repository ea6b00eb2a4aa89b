// Calls to a part of the system that may be away for a while, the object store or the bus: they wait and try again,
// ever more seldom, and the log says once that it went and once that it came back.

import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '@alarena/core';
import type { Logger } from '@alarena/telemetry';

export interface PatienceOptions {
  /** For the log, e.g. `object store`. */
  readonly part: string;
  readonly logger: Logger;
  /** Whether an error means that the part is away. Default: its `retryable`. */
  readonly isOutage?: (error: AppError) => boolean;
  /** Calls before the last error is thrown. Default: as many as it takes. */
  readonly tries?: number;
  /** Wait after the first failure; doubled with each further one. Default: 250. */
  readonly firstDelayMs?: number;
  /** Default: 10,000. */
  readonly longestDelayMs?: number;
}

export class Patience {
  readonly #options: PatienceOptions;
  #away = false;

  constructor(options: PatienceOptions) {
    this.#options = options;
  }

  /** Until the call succeeds, fails by anything but an outage, or the signal aborts: then its reason is thrown. */
  async call<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const { isOutage = ({ retryable }) => retryable, tries = Number.POSITIVE_INFINITY } = this.#options;
    for (let failures = 1; ; failures++) {
      signal.throwIfAborted();
      try {
        const value = await work();
        this.#noteBack();
        return value;
      } catch (thrown) {
        const error = AppError.from(thrown);
        if (!isOutage(error)) throw thrown;
        this.#noteAway(error);
        if (failures >= tries) throw thrown;
      }
      await this.#wait(failures, signal);
    }
  }

  /** A fifth more or less at random, so that not all come back at once. */
  async #wait(failures: number, signal: AbortSignal): Promise<void> {
    const { firstDelayMs = 250, longestDelayMs = 10_000 } = this.#options;
    const delayMs = Math.min(firstDelayMs * 2 ** (failures - 1), longestDelayMs);
    try {
      await delay(delayMs * (0.8 + 0.4 * Math.random()), undefined, { signal });
    } catch {
      throw signal.reason;
    }
  }

  #noteAway(error: AppError): void {
    if (this.#away) return;
    this.#away = true;
    this.#options.logger.warn({ err: error, part: this.#options.part }, 'away; waiting for it');
  }

  #noteBack(): void {
    if (!this.#away) return;
    this.#away = false;
    this.#options.logger.info({ part: this.#options.part }, 'back again');
  }
}

/** The store or the bus is away: no failure of whatever needed it. */
export function isOutage({ code, retryable, reason }: AppError): boolean {
  return code === 'unavailable' && retryable && /^(STORE|BUS|NATS)_/.test(reason);
}
