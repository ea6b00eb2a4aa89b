// Leadership by a lock that every candidate can see. The holder renews it; whoever sees it unrenewed for its whole
// lease, by its own clock, takes it. The holder considers it lost earlier than anybody may take it, so clocks need
// not agree; a process that was stopped in between is held off by its term.

import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '@alarena/core';
import type { Logger } from '@alarena/telemetry';
import type { Leadership, Term } from './leadership.js';

/** What a lock says. Without a holder it was given up. */
export interface LockState {
  readonly holder: string;
  readonly term: number;
}

export interface SeenLock extends LockState {
  /** Names this version of the lock. */
  readonly version: string;
}

export interface Lock {
  /** Undefined when there has never been one. */
  read(signal: AbortSignal): Promise<SeenLock | undefined>;
  /** Replaces the version seen, else `aborted` (or `already-exists`). Returns the new version. */
  write(state: LockState, seen: SeenLock | undefined, signal: AbortSignal): Promise<string>;
}

export interface ElectionOptions {
  readonly lock: Lock;
  /** Unique among the candidates, e.g. the pod's name and something random. */
  readonly candidate: string;
  readonly logger: Logger;
  /** Time between renewals. Default: 3,000. */
  readonly renewMs?: number;
  /** The holder considers the lock lost so long after its last renewal. Default: 7,000. */
  readonly loseMs?: number;
  /** Others take a lock that they have seen unchanged for so long. Default: 10,000. */
  readonly leaseMs?: number;
  /** Time between the looks of those who wait. Default: 1,500. */
  readonly retryMs?: number;
}

export class ElectedLeadership implements Leadership {
  readonly #options: ElectionOptions;
  readonly #renewMs: number;
  readonly #loseMs: number;
  readonly #leaseMs: number;
  readonly #retryMs: number;

  constructor(options: ElectionOptions) {
    this.#options = options;
    this.#renewMs = options.renewMs ?? 3_000;
    this.#loseMs = options.loseMs ?? 7_000;
    this.#leaseMs = options.leaseMs ?? 10_000;
    this.#retryMs = options.retryMs ?? 1_500;
  }

  async lead(work: (term: Term) => Promise<void>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const held = await this.#acquire(signal);
      if (held !== undefined) await this.#hold(held, work, signal);
    }
  }

  /** Waits for the lock. Undefined when the signal aborts first. */
  async #acquire(signal: AbortSignal): Promise<Held | undefined> {
    let seen: SeenLock | undefined;
    let sinceMs = performance.now();
    while (!signal.aborted) {
      const attemptMs = performance.now();
      try {
        const now = await this.#options.lock.read(AbortSignal.any([signal, this.#limit()]));
        if (now?.version !== seen?.version) sinceMs = performance.now();
        seen = now;
        const mine = now?.holder === '' || now?.holder === this.#options.candidate;
        const free = now === undefined || mine || performance.now() - sinceMs >= this.#leaseMs;
        if (free) {
          // The time keeps terms rising even where the lock itself was lost.
          const state = { holder: this.#options.candidate, term: Math.max((now?.term ?? 0) + 1, Date.now()) };
          const startMs = performance.now();
          const version = await this.#options.lock.write(
            state,
            now,
            AbortSignal.any([signal, this.#limit()]),
          );
          return { seen: { ...state, version }, renewedMs: startMs };
        }
      } catch (error) {
        if (!signal.aborted && !isConflict(error))
          this.#options.logger.warn({ err: error }, 'the leader lock cannot be reached');
      }
      const restMs = this.#retryMs * (0.75 + Math.random() / 2) - (performance.now() - attemptMs);
      await delay(Math.max(restMs, 1), undefined, { signal, ref: false }).catch(() => {});
    }
    return undefined;
  }

  async #hold(held: Held, work: (term: Term) => Promise<void>, signal: AbortSignal): Promise<void> {
    const { logger, lock } = this.#options;
    const { term } = held.seen;
    const ending = new AbortController();
    let lost = false;
    const lose = (): void => {
      lost = true;
      ending.abort(new AppError('aborted', 'another may lead now', { reason: 'LEADERSHIP_LOST' }));
    };
    const stop = (): void => ending.abort(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    logger.info({ term }, 'leading');
    const ended = new AbortController();
    const renewing = this.#renew(held, ended.signal, lose);
    try {
      await work({ number: term, signal: ending.signal, isHeld: () => !lost });
    } catch (error) {
      logger.error({ err: error, term }, 'leading failed');
    } finally {
      signal.removeEventListener('abort', stop);
      ended.abort();
      await renewing;
    }
    logger.info({ term, lost }, 'leading no more');
    if (lost) return;
    await lock
      .write({ holder: '', term }, held.seen, this.#limit())
      .catch((error: unknown) => logger.warn({ err: error }, 'the leader lock could not be given up'));
  }

  /** Renews until the work has ended. */
  async #renew(held: Held, ended: AbortSignal, lose: () => void): Promise<void> {
    const { lock, candidate, logger } = this.#options;
    let losing = this.#losing(held, lose);
    while (!ended.aborted) {
      await delay(this.#renewMs, undefined, { signal: ended, ref: false }).catch(() => {});
      if (ended.aborted) break;
      const startMs = performance.now();
      try {
        const { term } = held.seen;
        const version = await lock.write({ holder: candidate, term }, held.seen, this.#limit());
        held.seen = { ...held.seen, version };
        held.renewedMs = startMs;
        clearTimeout(losing);
        losing = this.#losing(held, lose);
      } catch (error) {
        if (isConflict(error) && !(await this.#isStillMine(held))) lose();
        else logger.warn({ err: error }, 'the leader lock could not be renewed');
      }
    }
    clearTimeout(losing);
  }

  #losing({ renewedMs }: Held, lose: () => void): NodeJS.Timeout {
    return setTimeout(lose, Math.max(0, renewedMs + this.#loseMs - performance.now())).unref();
  }

  /** A renewal whose answer was lost has changed the lock all the same. */
  async #isStillMine(held: Held): Promise<boolean> {
    try {
      const now = await this.#options.lock.read(this.#limit());
      if (now?.holder !== this.#options.candidate || now.term !== held.seen.term) return false;
      held.seen = now;
    } catch {
      // Not to be known now; time decides.
    }
    return true;
  }

  #limit(): AbortSignal {
    return AbortSignal.timeout(this.#renewMs);
  }
}

interface Held {
  seen: SeenLock;
  /** When the last successful renewal was begun, by `performance.now()`. */
  renewedMs: number;
}

function isConflict(error: unknown): boolean {
  return error instanceof AppError && (error.code === 'aborted' || error.code === 'already-exists');
}
