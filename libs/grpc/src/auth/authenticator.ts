// Who a caller is, from what came with the call: a bearer token, or the client's certificate where only that is asked.

import { AppError } from '@alarena/core';
import type { JwtOptions, JwtSettings } from './jwt-tokens.js';
import type { Caller } from './role.js';
import { openStaticTokens } from './static-tokens.js';
import { type TokenChecker, unauthenticated } from './token-checker.js';

/** As in ALARENA_AUTH_*. */
export interface AuthSettings {
  /** File of static tokens: static-tokens.ts says its form. */
  readonly tokensFile?: string | undefined;
  /** Of JWTs, with `audience` and `jwks`: all three or none. */
  readonly issuer?: string | undefined;
  readonly audience?: string | undefined;
  /** An https URL, or a file. http only to loopback. */
  readonly jwks?: string | undefined;
  /** Name of the claim that holds a role or a list with roles in it. Default: alarena_role. */
  readonly roleClaim?: string | undefined;
}

export interface AuthenticatorOptions extends JwtOptions {
  /**
   * The server accepts only clients with a certificate of its authority (ALARENA_TLS_CLIENT_CA_FILE). Where no
   * tokens are set, each of them is an admin.
   */
  readonly clientCertificates?: boolean;
}

/** What came with a call. */
export interface Presented {
  /** Of the `authorization` metadata, one or more. */
  readonly authorization: readonly string[];
  /** Of the connection, checked against the server's authority. */
  readonly certificateName: string | undefined;
}

export interface Authenticator {
  /** Throws `unauthenticated`, with a message that never holds the token. */
  authenticate(presented: Presented): Promise<Caller>;
}

/** The characters of tokens in RFC 6750. */
const BEARER = /^bearer +([\w.~+/-]+=*)$/i;

/** Undefined where nothing is set: authentication is off. Files are read now, and again when they change. */
export async function createAuthenticator(
  settings: AuthSettings,
  options: AuthenticatorOptions,
): Promise<Authenticator | undefined> {
  const checkers: TokenChecker[] = [];
  if (settings.tokensFile !== undefined) {
    checkers.push(await openStaticTokens(settings.tokensFile, options.logger));
  }
  const jwt = jwtSettings(settings);
  if (jwt !== undefined) {
    // Imported here: clients and servers without JWTs need not load jose.
    const { openJwtTokens } = await import('./jwt-tokens.js');
    checkers.push(await openJwtTokens(jwt, options));
  }
  if (checkers.length > 0)
    return { authenticate: ({ authorization }) => checkToken(authorization, checkers) };
  return options.clientCertificates === true ? { authenticate: byCertificate } : undefined;
}

function jwtSettings({ issuer, audience, jwks, roleClaim }: AuthSettings): JwtSettings | undefined {
  if (issuer === undefined && audience === undefined && jwks === undefined) return undefined;
  if (issuer !== undefined && audience !== undefined && jwks !== undefined) {
    return { issuer, audience, jwks, roleClaim: roleClaim ?? 'alarena_role' };
  }
  const missing = Object.entries({ ISSUER: issuer, AUDIENCE: audience, JWKS: jwks })
    .filter(([, value]) => value === undefined)
    .map(([name]) => ({
      field: `ALARENA_AUTH_${name}`,
      description: 'must be set: JWTs are checked by issuer, audience and keys, or not at all',
    }));
  throw AppError.invalid('authentication:', missing);
}

async function checkToken(
  authorization: readonly string[],
  checkers: readonly TokenChecker[],
): Promise<Caller> {
  const [header, second] = authorization;
  if (header === undefined) {
    throw unauthenticated('TOKEN_MISSING', 'this server asks for a token and the call has none');
  }
  const token = second === undefined ? BEARER.exec(header)?.[1] : undefined;
  if (token === undefined) {
    throw unauthenticated('TOKEN_MALFORMED', 'the authorization of the call is not "Bearer" and one token');
  }
  for (const checker of checkers) {
    const caller = await checker.check(token);
    if (caller !== undefined) return caller;
  }
  throw unauthenticated('TOKEN_UNKNOWN', 'the server does not know the token of the call');
}

async function byCertificate({ certificateName }: Presented): Promise<Caller> {
  if (certificateName !== undefined) return { name: certificateName, role: 'admin' };
  throw unauthenticated('CERTIFICATE_MISSING', 'the connection has no client certificate');
}
