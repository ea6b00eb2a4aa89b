// Static tokens: a JSON file of `[{ "name", "role", "sha256", "expiresAt"? }]`, which holds of each token only the
// SHA-256 in hex. One round of SHA-256 is right for tokens of at least 128 random bits, which nobody can guess;
// the slow hashes made for passwords would only let callers burn the server's time.

import { createHash, timingSafeEqual } from 'node:crypto';
import { AppError, type FieldViolation } from '@alarena/core';
import type { Logger } from '@alarena/telemetry';
import { FollowedFile } from '../followed-file.js';
import { type Caller, isRole, ROLES } from './role.js';
import { type TokenChecker, unauthenticated } from './token-checker.js';

interface StaticToken extends Caller {
  /** 32 bytes. */
  readonly digest: Buffer;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** The list is read again when its file changes; a change that is no list is logged, and the list before it stays. */
export async function openStaticTokens(path: string, logger: Logger): Promise<TokenChecker> {
  const file = await FollowedFile.open(path, {
    parse: (bytes) => parseTokens(bytes.toString('utf8'), path),
    onFailure: (error) =>
      logger.error({ file: path, err: error }, 'the new token list cannot be used; the old one stays'),
  });
  return {
    check: async (token) => {
      const digest = createHash('sha256').update(token).digest();
      // Every entry is compared, in constant time: how long it takes tells nothing about the list.
      const [entry] = (await file.current()).filter((known) => timingSafeEqual(known.digest, digest));
      if (entry === undefined) return undefined;
      const { name, role, expiresAt } = entry;
      if (Date.now() >= expiresAt) throw unauthenticated('TOKEN_EXPIRED', 'the token has expired', name);
      return { name, role };
    },
  };
}

function parseTokens(text: string, path: string): StaticToken[] {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    // Without the parser's message, which quotes the text.
    throw invalidList(path, [{ field: path, description: 'is not JSON' }]);
  }
  if (!Array.isArray(list)) {
    throw invalidList(path, [
      { field: path, description: 'must be a list of { name, role, sha256, expiresAt? }' },
    ]);
  }
  const violations: FieldViolation[] = [];
  const tokens = list.map((entry: unknown, i) => parseToken(entry, `[${i}]`, violations));
  for (const key of ['name', 'digest'] as const) {
    const values = tokens.map((token) => token[key].toString('hex'));
    const again = values.findIndex((value, i) => values.indexOf(value) !== i);
    if (again >= 0 && violations.length === 0) {
      const field = key === 'digest' ? 'sha256' : key;
      violations.push({ field: `[${again}].${field}`, description: 'is that of another token, too' });
    }
  }
  if (violations.length > 0) throw invalidList(path, violations);
  return tokens;
}

function parseToken(entry: unknown, at: string, violations: FieldViolation[]): StaticToken {
  const given: Readonly<Record<string, unknown>> =
    typeof entry === 'object' && entry !== null ? { ...entry } : {};
  const { name, role, sha256, expiresAt, ...unknown } = given;
  const demand = (holds: boolean, field: string, description: string): void => {
    if (!holds) violations.push({ field: `${at}.${field}`, description });
  };
  demand(typeof name === 'string' && name !== '', 'name', 'must say whose token it is');
  demand(isRole(role), 'role', `must be one of ${ROLES.join(', ')}`);
  const isDigest = typeof sha256 === 'string' && /^[\da-f]{64}$/i.test(sha256);
  demand(isDigest, 'sha256', 'must be the SHA-256 of the token, 64 hexadecimal digits');
  const expiry = expiresAt === undefined ? Number.POSITIVE_INFINITY : instant(expiresAt);
  demand(!Number.isNaN(expiry), 'expiresAt', 'must be a time such as 2030-01-31T00:00:00Z');
  for (const field of Object.keys(unknown)) {
    demand(false, field, 'is not known; known are name, role, sha256, expiresAt');
  }
  return {
    name: String(name),
    role: isRole(role) ? role : 'viewer',
    digest: Buffer.from(isDigest ? sha256 : '', 'hex'),
    expiresAt: expiry,
  };
}

/** NaN where the value is no time with a zone. */
function instant(value: unknown): number {
  const isTime = typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)$/.test(value);
  return isTime ? Date.parse(value) : Number.NaN;
}

function invalidList(path: string, violations: readonly FieldViolation[]): AppError {
  return AppError.invalid(`${path} is not a list of tokens`, violations);
}
