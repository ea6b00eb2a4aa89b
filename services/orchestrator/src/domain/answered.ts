// Calls that take no signal, with a limit: their answer is no longer waited for once the signal aborts.

import { AppError } from '@alarena/core';

/** `who`: what is said not to answer. */
export async function answered<T>(call: Promise<T>, signal: AbortSignal, who: string): Promise<T> {
  let leave = (): void => {};
  const over = new Promise<never>((_, reject) => {
    leave = () => reject(new AppError('unavailable', `${who} does not answer`));
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
  });
  try {
    return await Promise.race([call, over]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
