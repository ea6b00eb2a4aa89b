// Parts of a cluster start in any order: what cannot be reached yet is waited for, what refuses is not.

import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '@alarena/core';
import type { Logger } from '@alarena/telemetry';

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;

/** Calls `attempt` until it does not fail with `unavailable`. Says once that it waits. */
export async function untilReachable<T>(
  what: string,
  attempt: () => Promise<T>,
  logger: Logger,
  signal: AbortSignal,
): Promise<T> {
  for (let tries = 0; ; tries++) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (thrown) {
      const error = AppError.from(thrown);
      if (error.code !== 'unavailable') throw thrown;
      if (tries === 0) logger.warn({ err: error }, `${what} cannot be reached yet; waiting for it`);
      await delay(Math.min(FIRST_PAUSE_MS * 2 ** tries, LONGEST_PAUSE_MS), undefined, { signal }).catch(
        () => {},
      );
    }
  }
}
