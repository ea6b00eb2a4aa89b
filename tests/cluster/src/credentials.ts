// Credentials of every kind for a test: certificates of two authorities, static tokens, and JWTs of an issuer.

import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AuthorityFiles, type Certificates, makeCertificates } from '@alarena/testkit';

const issuer = 'https://accounts.example';
const audience = 'alarena';

export interface Credentials {
  readonly certificates: Certificates;
  readonly own: AuthorityFiles;
  readonly stranger: AuthorityFiles;
  /** ALARENA_TLS_* and ALARENA_AUTH_* of a server. */
  readonly serverEnv: Readonly<Record<string, string>>;
  readonly password: string;
  readonly passwordFile: string;
  /** Files that hold a token, for `--token-file`. */
  readonly tokenFiles: Readonly<Record<TokenOwner, string>>;
  /** What nobody but its owner may see: tokens, the password, and the lines of private keys. */
  readonly secrets: readonly string[];
}

/** Static tokens, but for Jane, who has JWTs. `stranger`: a token that no list holds. */
export type TokenOwner = 'viewer' | 'submitter' | 'admin' | 'expired' | 'stranger' | 'jane' | 'janeExpired';

export async function makeCredentials(folder: string): Promise<Credentials> {
  const certificates = await makeCertificates();
  const own = await certificates.write(join(folder, 'tls'));
  const stranger = await certificates.stranger.write(join(folder, 'tls-stranger'));
  const write = async (name: string, text: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  };

  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const hour = 3_600;
  const tokens: Record<TokenOwner, string> = {
    ...{ viewer: makeSecret(), submitter: makeSecret(), admin: makeSecret() },
    ...{ expired: makeSecret(), stranger: makeSecret() },
    jane: makeJwt(privateKey, hour),
    janeExpired: makeJwt(privateKey, -hour),
  };
  const list = [
    { name: 'vera', role: 'viewer', sha256: sha256(tokens.viewer) },
    { name: 'sam', role: 'submitter', sha256: sha256(tokens.submitter) },
    { name: 'ada', role: 'admin', sha256: sha256(tokens.admin) },
    { name: 'eve', role: 'admin', sha256: sha256(tokens.expired), expiresAt: '2020-01-31T00:00:00Z' },
  ];
  const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'ES256', use: 'sig' }] };
  const tokenFile = (owner: TokenOwner): Promise<string> => write(`token-${owner}`, `${tokens[owner]}\n`);
  const password = makeSecret();
  const keys = [certificates.server, certificates.client, certificates.stranger.client];
  return {
    ...{ certificates, own, stranger, password },
    serverEnv: {
      ALARENA_TLS_CERT_FILE: own.serverCertFile,
      ALARENA_TLS_KEY_FILE: own.serverKeyFile,
      ALARENA_AUTH_TOKENS_FILE: await write('tokens.json', JSON.stringify(list)),
      ALARENA_AUTH_ISSUER: issuer,
      ALARENA_AUTH_AUDIENCE: audience,
      ALARENA_AUTH_JWKS: await write('jwks.json', JSON.stringify(jwks)),
    },
    passwordFile: await write('password', password),
    tokenFiles: {
      ...{ viewer: await tokenFile('viewer'), submitter: await tokenFile('submitter') },
      ...{ admin: await tokenFile('admin'), expired: await tokenFile('expired') },
      ...{ stranger: await tokenFile('stranger'), jane: await tokenFile('jane') },
      janeExpired: await tokenFile('janeExpired'),
    },
    secrets: [...Object.values(tokens), password, ...keys.flatMap(({ key }) => linesOf(key))],
  };
}

export function makeSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** Of Jane, a viewer, good for so many seconds from now. */
function makeJwt(key: KeyObject, seconds: number): string {
  const now = Math.floor(Date.now() / 1_000);
  const claims = { iss: issuer, aud: audience, sub: 'jane', alarena_role: 'viewer' };
  const [header, payload] = [
    { alg: 'ES256', kid: 'k1' },
    { ...claims, iat: now - 7_200, exp: now + seconds },
  ].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  const text = `${header}.${payload}`;
  const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Of a PEM, without its first and last. */
function linesOf(pem: string): string[] {
  return pem
    .trim()
    .split(/\r?\n/)
    .filter((line) => !line.startsWith('-----'));
}
