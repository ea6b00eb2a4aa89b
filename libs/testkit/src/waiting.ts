// Waiting with a limit, so that a test that waits for what does not come fails by name instead of hanging.

import { setTimeout as delay } from 'node:timers/promises';

/** Long: machines are slow when many tests share them, and only a failure waits so long. */
const defaultLimitMs = 60_000;

/** The promise's value, or an error that names what was waited for. */
export async function within<T>(what: string, promise: Promise<T>, limitMs = defaultLimitMs): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${limitMs} ms for ${what}`)), limitMs);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** Asks again and again until the answer is neither undefined nor false. For what announces itself by no event. */
export async function waitFor<T>(
  what: string,
  ask: () => T | Promise<T>,
  limitMs = defaultLimitMs,
): Promise<Exclude<T, undefined | false>> {
  const deadline = performance.now() + limitMs;
  while (true) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer as Exclude<T, undefined | false>;
    if (performance.now() > deadline) throw new Error(`waited ${limitMs} ms for ${what}`);
    await delay(5);
  }
}

export interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
}

/** A promise and its two ends apart. */
export function deferred<T = void>(): Deferred<T> {
  let resolve: (value: T) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}
