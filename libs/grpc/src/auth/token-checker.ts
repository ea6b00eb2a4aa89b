// What each kind of token has to offer to the authenticator.

import { AppError } from '@alarena/core';
import type { Caller } from './role.js';

export interface TokenChecker {
  /** Undefined where the token is none of this kind. Throws `unauthenticated` where it is no longer good. */
  check(token: string): Promise<Caller | undefined>;
}

/** `message` goes to the caller and to the log: it never holds the token. `name`: the owner's, where it is known. */
export function unauthenticated(reason: string, message: string, name?: string): AppError {
  return new AppError('unauthenticated', message, { reason, facts: name === undefined ? {} : { name } });
}
