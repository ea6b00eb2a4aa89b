// When a request to the object store is sent again: after failures that may pass, with growing, jittered waits.

import { AppError } from '@alarena/core';
import { ExponentialBackoff, handleWhen, retry } from 'cockatiel';
import { orAborted } from '../abort.js';

export type Retry = <T>(send: () => Promise<T>, signal?: AbortSignal | undefined) => Promise<T>;

const defaultRetries = 10;
const firstWaitMs = 100;
const longestWaitMs = 5_000;

export function makeRetry(retries = defaultRetries): Retry {
  const policy = retry(
    handleWhen((error) => error instanceof AppError && error.retryable),
    {
      maxAttempts: retries,
      backoff: new ExponentialBackoff({ initialDelay: firstWaitMs, maxDelay: longestWaitMs }),
    },
  );
  // The policy itself does not leave a wait when the signal aborts.
  return (send, signal) => orAborted(policy.execute(send, signal), signal);
}
