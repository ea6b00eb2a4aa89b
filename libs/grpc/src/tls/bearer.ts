// A caller's own token, sent only where nobody on the way can read it.

import { AppError } from '@alarena/core';
import type { ChannelCredentials } from '@grpc/grpc-js';
import { isLoopbackTarget } from '../loopback-address.js';

/** Throws `failed-precondition` where a token would travel unencrypted to another machine. */
export function assertTokenMayTravel(address: string, credentials: ChannelCredentials): void {
  if (credentials._isSecure() || isLoopbackTarget(address)) return;
  throw new AppError(
    'failed-precondition',
    `no token is sent to ${address} without TLS: anybody on the way could read it; name the certificate of the server's authority`,
    { reason: 'TOKEN_WITHOUT_TLS', facts: { address } },
  );
}

/** Value of the `authorization` metadata. The error does not hold the token. */
export function bearer(token: string): string {
  if (/^[\w.~+/-]+=*$/.test(token)) return `Bearer ${token}`;
  throw new AppError(
    'invalid-argument',
    'the token is empty or has characters that no token has (letters, digits, - . _ ~ + / and = at the end)',
    { reason: 'TOKEN_MALFORMED' },
  );
}

/** For the library's traces, which hold the metadata of calls where somebody has them written (GRPC_TRACE). */
export function withoutTokens(text: string): string {
  return text
    .replaceAll(/("authorization":\s*)(?:\[[^\]]*\]|"[^"]*")/gi, '$1"[redacted]"')
    .replaceAll(/\bbearer [^"'\s]+/gi, 'Bearer [redacted]');
}
