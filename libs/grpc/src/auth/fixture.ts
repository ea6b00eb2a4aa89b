// For tests: a server that asks for tokens, and token files, keys and JWTs to call it with.

import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { strategy } from '@alarena/api';
import { AppError } from '@alarena/core';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { type ClientOptions, createClient } from '../client.js';
import { implement } from '../implement.js';
import { captureLog, type LogLine, serve } from '../loopback.js';
import type { CallContext, ClientOf } from '../types.js';
import { type AuthSettings, createAuthenticator } from './authenticator.js';

const { StrategyServiceService, SelectRequest, SelectResponse } = strategy;

const LIMIT = { timeoutMs: 20_000 };
export const ISSUER = 'https://accounts.example';
export const AUDIENCE = 'alarena';

/** Calls that need a viewer and a submitter; both give `name/role` of their caller. */
export interface Caller {
  read(): Promise<string>;
  submit(): Promise<string>;
}

export interface GuardedServer {
  readonly address: string;
  readonly lines: readonly LogLine[];
  as(token?: ClientOptions['token']): Caller;
}

export async function serveGuarded(
  t: TestContext,
  settings: AuthSettings,
  reflection = false,
): Promise<GuardedServer> {
  const { lines, logger } = captureLog();
  const authenticator = await createAuthenticator(settings, { logger, keyCooldownMs: 0 });
  const name = ({ caller }: CallContext): string => `${caller.name}/${caller.role}`;
  const service = implement(StrategyServiceService, {
    listStrategies: async (_, ctx) => {
      throw new AppError('not-found', name(ctx));
    },
    select: async (_, ctx) => SelectResponse.create({ key: name(ctx) }),
  });
  const { address } = await serve(t, [service], { logger, reflection, authenticator });
  return {
    address,
    lines,
    as: (token) => {
      const client = createClient(StrategyServiceService, address, { token });
      t.after(() => client.close());
      return callerOf(client);
    },
  };
}

function callerOf(client: ClientOf<typeof StrategyServiceService>): Caller {
  return {
    // The handler has no field for a name, so it is told as an error.
    read: async () => {
      try {
        await client.listStrategies({}, LIMIT);
      } catch (thrown) {
        if (thrown instanceof AppError && thrown.code === 'not-found') return thrown.message;
        throw thrown;
      }
      return '';
    },
    submit: async () => (await client.select(SelectRequest.create(), LIMIT)).key,
  };
}

export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'alarena-auth-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Replaced at once, as rotated secrets are. */
export async function replaceFile(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}

export function makeToken(): string {
  return randomBytes(32).toString('base64url');
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export interface Signer {
  /** With the public key alone. */
  readonly jwks: { readonly keys: readonly JWK[] };
  /** A token of Ann's that is good for an hour, apart from what is given. */
  sign(claims?: Readonly<Record<string, unknown>>): Promise<string>;
}

export async function makeSigner(kid: string, algorithm = 'ES256'): Promise<Signer> {
  const { publicKey, privateKey } = await generateKeyPair(algorithm);
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' };
  return { jwks: { keys: [jwk] }, sign: (claims) => signed({ alg: algorithm, kid }, privateKey, claims) };
}

export function signed(
  header: { readonly alg: string; readonly kid?: string },
  key: CryptoKey | Uint8Array,
  claims: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const usual = {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: 'ann',
    iat: now,
    exp: now + 3_600,
    alarena_role: 'viewer',
  };
  return new SignJWT({ ...usual, ...claims }).setProtectedHeader(header).sign(key);
}
