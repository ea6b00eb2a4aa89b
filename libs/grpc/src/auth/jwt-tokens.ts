// JWTs of an OpenID Connect provider: signature by its published keys, issuer, audience, time, and the role from a
// claim. Only asymmetric algorithms: with a shared secret whoever can check a token could also make one.

import { AppError } from '@alarena/core';
import type { Logger } from '@alarena/telemetry';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose';
import { FollowedFile } from '../followed-file.js';
import { isLoopback } from '../loopback-address.js';
import { highestRole } from './role.js';
import { type TokenChecker, unauthenticated } from './token-checker.js';

const ALGORITHMS = ['RS', 'PS', 'ES'].flatMap((family) => ['256', '384', '512'].map((bits) => family + bits));
ALGORITHMS.push('EdDSA', 'Ed25519');
/** Clocks of provider and server may differ by this. */
const CLOCK_TOLERANCE_SECONDS = 30;
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]*$/;

export interface JwtSettings {
  readonly issuer: string;
  readonly audience: string;
  /** An https URL, or a file. http only to loopback. */
  readonly jwks: string;
  /** Name of the claim that holds a role or a list with roles in it. */
  readonly roleClaim: string;
}

export interface JwtOptions {
  readonly logger: Logger;
  /** How soon a JWKS URL is asked again for a key it lacked. Default: 30 s. */
  readonly keyCooldownMs?: number;
}

export async function openJwtTokens(settings: JwtSettings, options: JwtOptions): Promise<TokenChecker> {
  const keys = await openKeys(settings.jwks, options);
  const { issuer, audience, roleClaim } = settings;
  return {
    check: async (token) => {
      if (!COMPACT.test(token)) return undefined;
      const payload = await verify(token, keys, { issuer, audience });
      const name = payload.sub ?? '';
      const claim = payload[roleClaim];
      const role = highestRole(Array.isArray(claim) ? claim : [claim]);
      if (role !== undefined) return { name, role };
      throw new AppError(
        'permission-denied',
        `${name} has no role here: the claim ${roleClaim} of the token holds none of viewer, submitter, admin`,
        { reason: 'ROLE_MISSING', facts: { name, claim: roleClaim } },
      );
    },
  };
}

async function verify(
  token: string,
  keys: JWTVerifyGetKey,
  expected: { readonly issuer: string; readonly audience: string },
): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      ...expected,
      algorithms: ALGORITHMS,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      requiredClaims: ['exp', 'sub'],
    });
    return payload;
  } catch (thrown) {
    throw refusal(thrown);
  }
}

/** None of jose's errors quotes the token, but they carry its claims: only what is named here goes on. */
function refusal(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  if (thrown instanceof errors.JWTExpired) {
    return unauthenticated('TOKEN_EXPIRED', 'the token has expired', subjectOf(thrown.payload));
  }
  if (thrown instanceof errors.JWTClaimValidationFailed) {
    const { claim, payload } = thrown;
    const [reason, message] = CLAIMS[claim] ?? [
      'TOKEN_INVALID',
      `the claim ${claim} of the token is missing or wrong`,
    ];
    return unauthenticated(reason, message, subjectOf(payload));
  }
  if (thrown instanceof errors.JOSEAlgNotAllowed) {
    return unauthenticated(
      'TOKEN_ALGORITHM',
      'the token is not signed by an algorithm that is accepted here',
    );
  }
  const isToken = INVALID.some((kind) => thrown instanceof kind);
  if (isToken) return unauthenticated('TOKEN_INVALID', 'the token is not signed by a key of its issuer');
  return new AppError('unavailable', 'the keys of the token issuer cannot be had at the moment; try again', {
    reason: 'KEYS_UNAVAILABLE',
    cause: thrown,
  });
}

const CLAIMS: Readonly<Record<string, readonly [reason: string, message: string]>> = {
  iss: ['TOKEN_ISSUER', 'the token is of another issuer'],
  aud: ['TOKEN_AUDIENCE', 'the token is meant for another service'],
  nbf: ['TOKEN_NOT_YET_VALID', 'the token is not valid yet'],
};

const INVALID = [
  errors.JWSInvalid,
  errors.JWTInvalid,
  errors.JOSENotSupported,
  errors.JWSSignatureVerificationFailed,
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
];

/** Of a payload whose signature was right. */
function subjectOf({ sub }: JWTPayload): string | undefined {
  return typeof sub === 'string' ? sub : undefined;
}

async function openKeys(jwks: string, { logger, keyCooldownMs }: JwtOptions): Promise<JWTVerifyGetKey> {
  if (!/^https?:/i.test(jwks)) {
    const file = await FollowedFile.open(jwks, {
      parse: (bytes) => parseKeys(bytes.toString('utf8'), jwks),
      onFailure: (error) =>
        logger.error({ file: jwks, err: error }, 'the new JWKS cannot be used; the old one stays'),
    });
    return async (header, token) => (await file.current())(header, token);
  }
  const url = URL.canParse(jwks) ? new URL(jwks) : undefined;
  if (url === undefined || (url.protocol === 'http:' && !isLoopback(url.hostname))) {
    const description =
      'must be an https URL or a file; over http anybody on the way could put in keys of theirs';
    throw AppError.invalid('authentication:', [{ field: 'ALARENA_AUTH_JWKS', description }]);
  }
  // Keys are kept for ten minutes; a token by a key not among them makes it ask again.
  return createRemoteJWKSet(url, keyCooldownMs === undefined ? {} : { cooldownDuration: keyCooldownMs });
}

function parseKeys(text: string, path: string): JWTVerifyGetKey {
  try {
    return createLocalJWKSet(JSON.parse(text));
  } catch (cause) {
    const description = 'is not a JSON Web Key Set: { "keys": [...] }';
    throw new AppError('invalid-argument', `${path} ${description}`, {
      violations: [{ field: path, description }],
      cause,
    });
  }
}
