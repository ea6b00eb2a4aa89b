// A lock between processes that survives the death of its holder. The lock is a symbolic link, which the file system
// makes whole or not at all, and whose target names the holder.
//
// A lock of a dead holder may be removed only by whoever holds the lock on that removal, `<path>.<holder>`. As no
// holder's name is ever used twice, a slow process can never remove a successor's lock by mistake.

import { lstatSync, readlinkSync, symlinkSync, unlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '@alarena/core';
import { codeOf } from './file-errors.js';
import { newOwnedName, ownerState } from './owner.js';

/** A holder that cannot be asked is given this long; holders need a millisecond. */
const elsewhereLimitMs = 60_000;
const waitLimitMs = 90_000;

/** Runs `work`, which is synchronous so that a lock is never held across a wait, while holding the lock at `path`. */
export async function withFileLock<T>(path: string, work: () => T): Promise<T> {
  const me = newOwnedName();
  const deadline = performance.now() + waitLimitMs;
  for (let waitMs = 1; !tryAcquire(path, me); waitMs = Math.min(waitMs * 2, 50)) {
    if (performance.now() > deadline) {
      throw new AppError(
        'unavailable',
        `another process has been holding ${path} for ${waitLimitMs / 1000} s`,
        {
          reason: 'STORE_LOCKED',
          facts: { path },
        },
      );
    }
    await delay(waitMs);
  }
  try {
    return work();
  } finally {
    if (holderOf(path) === me) unlinkSync(path);
  }
}

function tryAcquire(path: string, me: string): boolean {
  if (tryLink(path, me)) return true;
  const holder = holderOf(path);
  if (holder === undefined) return tryLink(path, me);
  if (!isGone(path, holder)) return false;
  const removal = `${path}.${holder}`;
  // The name grows only when a process dies within the three calls below, so the depth stays at one or two.
  if (!tryAcquire(removal, me)) return false;
  try {
    if (holderOf(path) === holder) unlinkSync(path);
  } finally {
    unlinkSync(removal);
  }
  return tryLink(path, me);
}

function tryLink(path: string, me: string): boolean {
  try {
    symlinkSync(me, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

function holderOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function isGone(path: string, holder: string): boolean {
  const state = ownerState(holder);
  if (state !== 'elsewhere') return state === 'dead';
  const made = lstatSync(path, { throwIfNoEntry: false });
  return made !== undefined && Date.now() - made.mtimeMs > elsewhereLimitMs;
}
