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

/** How an installation elects. */
export const electionTimes = { renewMs: 3_000, loseMs: 7_000, leaseMs: 10_000, retryMs: 1_500 } as const;

export interface ElectionOptions {
  readonly lock: Lock;
  /** Unique among the candidates, e.g. the pod's name and something random. */
  readonly candidate: string;
  readonly logger: Logger;
  /** From the beginning of one renewal to that of the next, and the limit of each. Default: 3,000. */
  readonly renewMs?: number;
  /** The holder considers the lock lost so long after its last renewal. Default: 7,000. */
  readonly loseMs?: number;
  /** Others take a lock that they have seen unchanged for so long. Default: 10,000. */
  readonly leaseMs?: number;
  /** Time between the looks of those who wait, up to a quarter more or less. Default: 1,500. */
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
    this.#renewMs = options.renewMs ?? electionTimes.renewMs;
    this.#loseMs = options.loseMs ?? electionTimes.loseMs;
    this.#leaseMs = options.leaseMs ?? electionTimes.leaseMs;
    this.#retryMs = options.retryMs ?? electionTimes.retryMs;
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
    /** When the first write of the version seen was begun that was not known to succeed. */
    let unansweredMs: number | undefined;
    const renewed = (seen: SeenLock, begunMs: number): void => {
      held.seen = seen;
      held.renewedMs = begunMs;
      unansweredMs = undefined;
      clearTimeout(losing);
      losing = this.#losing(held, lose);
    };
    let startMs = held.renewedMs;
    while (!ended.aborted) {
      // A write that was given up is followed by the next at once: there may be time for no other.
      const restMs = startMs + this.#renewMs - performance.now();
      await delay(Math.max(restMs, 1), undefined, { signal: ended, ref: false }).catch(() => {});
      if (ended.aborted) break;
      startMs = performance.now();
      try {
        const { term } = held.seen;
        const version = await lock.write({ holder: candidate, term }, held.seen, this.#limit());
        renewed({ ...held.seen, version }, startMs);
      } catch (error) {
        unansweredMs ??= startMs;
        const now = isConflict(error) ? await this.#reread(held) : held.seen;
        if (now === undefined) lose();
        // Which of those writes has changed it is not known; it was not before the first.
        else if (now.version !== held.seen.version) renewed(now, unansweredMs);
        else logger.warn({ err: error }, 'the leader lock could not be renewed');
      }
    }
    clearTimeout(losing);
  }

  #losing({ renewedMs }: Held, lose: () => void): NodeJS.Timeout {
    return setTimeout(lose, Math.max(0, renewedMs + this.#loseMs - performance.now())).unref();
  }

  /** A renewal whose answer was lost has changed the lock all the same. Undefined when it is another's. */
  async #reread({ seen }: Held): Promise<SeenLock | undefined> {
    try {
      const now = await this.#options.lock.read(this.#limit());
      return now?.holder === this.#options.candidate && now.term === seen.term ? now : undefined;
    } catch {
      // Not to be known now; time decides.
      return seen;
    }
  }

  #limit(): AbortSignal {
    return AbortSignal.timeout(this.#renewMs);
  }
}

interface Held {
  seen: SeenLock;
  /** When the last renewal that changed the lock was begun at the earliest, by `performance.now()`. */
  renewedMs: number;
}

function isConflict(error: unknown): boolean {
  return error instanceof AppError && (error.code === 'aborted' || error.code === 'already-exists');
}
