// Abort signals as AppErrors: `cancelled`, `deadline-exceeded` for a time limit, or the AppError given as reason.

import { AppError } from '@alarena/core';

export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortError(signal);
}

/** What comes of `work`, unless `signal` aborts before; nothing stops the work itself. */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await work;
  let abort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(abortError(signal));
    if (signal.aborted) abort();
  });
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** The values of `source` until `signal` aborts, even while `source` is stuck. */
export async function* untilAborted<T>(
  source: AsyncIterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T, void, undefined> {
  if (signal === undefined) {
    yield* source;
    return;
  }
  const iterator = source[Symbol.asyncIterator]();
  let abort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(abortError(signal));
  });
  // Nobody waits for it between two values.
  aborted.catch(() => {});
  signal.addEventListener('abort', abort, { once: true });
  let finished = false;
  try {
    while (true) {
      throwIfAborted(signal);
      const step = await Promise.race([iterator.next(), aborted]);
      if (step.done) {
        finished = true;
        return;
      }
      yield step.value;
    }
  } finally {
    signal.removeEventListener('abort', abort);
    // A stuck source answers `return` only when it gets unstuck: not waited for.
    if (!finished) iterator.return?.()?.catch(() => {});
  }
}

export function abortError(signal: AbortSignal): AppError {
  const reason: unknown = signal.reason;
  if (reason instanceof AppError) return reason;
  const timedOut = reason instanceof Error && reason.name === 'TimeoutError';
  return timedOut
    ? new AppError('deadline-exceeded', 'the time limit was reached', { cause: reason })
    : new AppError('cancelled', 'cancelled', { cause: reason });
}
