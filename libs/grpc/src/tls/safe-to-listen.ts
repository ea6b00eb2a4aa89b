// What a server must have before it may be reached from other machines.

import { AppError, type FieldViolation } from '@alarena/core';
import { isLoopback } from '../loopback-address.js';

export interface Protection {
  /** The server's certificates. Undefined: no encryption. */
  readonly tls: unknown;
  /** Undefined: whoever reaches the server may do everything. */
  readonly authenticator: unknown;
}

/** Throws `failed-precondition`, saying what to set, unless calls are encrypted and checked or stay on the machine. */
export function assertSafeToListen(host: string, { tls, authenticator }: Protection): void {
  if (isLoopback(host)) return;
  const violations: FieldViolation[] = [];
  if (authenticator === undefined) {
    violations.push({
      field: 'ALARENA_AUTH_TOKENS_FILE',
      description:
        'must be set (or ALARENA_AUTH_ISSUER, _AUDIENCE and _JWKS, or ALARENA_TLS_CLIENT_CA_FILE): without it ' +
        `whoever reaches ${host} may do everything`,
    });
  }
  if (tls === undefined) {
    violations.push({
      field: 'ALARENA_TLS_CERT_FILE',
      description:
        'must be set, with ALARENA_TLS_KEY_FILE: without encryption tokens could be read on the way',
    });
  }
  if (violations.length === 0) return;
  const lines = violations.map(({ field, description }) => `${field} ${description}`);
  throw new AppError(
    'failed-precondition',
    `a server may listen on ${host} only with authentication and TLS; on 127.0.0.1 it needs neither\n  ${lines.join('\n  ')}`,
    { reason: 'UNSAFE_TO_LISTEN', facts: { host }, violations },
  );
}
