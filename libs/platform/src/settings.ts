// Settings that every service process shares, from the environment. docs/settings.md lists them.

import { accessSync, constants } from 'node:fs';
import { resolve } from 'node:path';
import { readEnvironment } from '@alarena/config';
import { AppError, type FieldViolation } from '@alarena/core';
import { z } from 'zod';
import { asked, orEveryFault } from './every-fault.js';

export type ProcessEnvironment = Readonly<Record<string, string | undefined>>;

/** Path of a file that must be there. */
export const readableFile = z.string().refine(isReadable, {
  error: ({ input }) => `names a file that cannot be read: ${String(input)}`,
});

const s3Schema = z.object({
  endpoint: z.url({ protocol: /^https?$/, error: 'must be a URL such as https://minio:9000' }),
  bucket: z.string({ error: 'must be the name of a bucket' }).min(3),
  region: z.string().default('us-east-1'),
  prefix: z.string().default(''),
  pathStyle: z.stringbool().default(true),
  accessKey: z.string({ error: 'must be set, or ALARENA_S3_ACCESS_KEY_FILE' }),
  secretKey: z.string({ error: 'must be set, or ALARENA_S3_SECRET_KEY_FILE' }),
  caFile: readableFile.optional(),
});

const natsSchema = z.object({
  url: z
    .string({ error: 'must be the URL of a NATS server, such as nats://nats:4222, or several with commas' })
    .transform((urls) => urls.split(',').map((url) => url.trim()))
    .refine((urls) => urls.every((url) => /^(nats|tls):\/\/[^\s/]+$/.test(url)), {
      error: 'must be URLs such as nats://nats:4222 or tls://nats:4222, with commas between',
    })
    // Not repeated: they hold secrets.
    .refine((urls) => !urls.some((url) => url.includes('@')), {
      error: 'must not contain a user or a password: they have settings of their own',
    }),
  user: z.string().optional(),
  password: z.string().optional(),
  token: z.string().optional(),
  credentialsFile: readableFile.optional(),
  caFile: readableFile.optional(),
  certFile: readableFile.optional(),
  keyFile: readableFile.optional(),
  replicas: z.coerce.number().int().min(1).max(5).default(1),
  /** A task whose worker is silent for so long goes to another. The same for all services. */
  ackWaitMs: z.coerce.number().int().min(1_000).default(30_000),
});

const tlsSchema = z.object({
  certFile: readableFile.optional(),
  keyFile: readableFile.optional(),
  clientCaFile: readableFile.optional(),
});

const authSchema = z.object({
  tokensFile: readableFile.optional(),
  issuer: z.string().optional(),
  audience: z.string().optional(),
  jwks: z.string().optional(),
  roleClaim: z.string().default('alarena_role'),
});

const opsSchema = z.object({
  host: z.string().default('127.0.0.1'),
  port: z.coerce.number().int().min(0).max(65_535).default(0),
});

const storeSchema = z.enum(['filesystem', 's3'], { error: 'must be filesystem or s3' });

export type S3Settings = z.output<typeof s3Schema>;
export type NatsSettings = z.output<typeof natsSchema>;
export type TlsSettings = z.output<typeof tlsSchema>;
export type AuthSettings = z.output<typeof authSchema>;
export type OpsSettings = z.output<typeof opsSchema>;

export type StoreChoice =
  | { readonly kind: 'filesystem'; readonly folder: string }
  | ({ readonly kind: 's3' } & S3Settings);

/** Undefined where nothing of NATS is set, and it is not needed. */
export async function readNats(env: ProcessEnvironment, needed: boolean): Promise<NatsSettings | undefined> {
  if (!needed && !Object.keys(env).some((name) => name.startsWith('ALARENA_NATS_'))) return undefined;
  const secrets = ['password', 'token'] as const;
  const [{ settings }] = await orEveryFault([
    asked(() => readEnvironment(natsSchema, env, 'ALARENA_NATS', { secrets })),
    asked(() => checkLogin(env)),
  ]);
  return settings;
}

/** One way to log in, and whole. */
function checkLogin(env: ProcessEnvironment): void {
  const isSet = (name: string): boolean =>
    Boolean(env[`ALARENA_NATS_${name}`] || env[`ALARENA_NATS_${name}_FILE`]);
  const violations: FieldViolation[] = [];
  const pair = (one: string, other: string): void => {
    if (isSet(one) === isSet(other)) return;
    const [there, missing] = isSet(one) ? [one, other] : [other, one];
    const description = `must be set together with ALARENA_NATS_${there}`;
    violations.push({ field: `ALARENA_NATS_${missing}`, description });
  };
  pair('USER', 'PASSWORD');
  pair('CERT_FILE', 'KEY_FILE');
  const ways = [isSet('USER') || isSet('PASSWORD'), isSet('TOKEN'), isSet('CREDENTIALS')];
  if (ways.filter((way) => way).length > 1) {
    const field = isSet('TOKEN') ? 'ALARENA_NATS_TOKEN' : 'ALARENA_NATS_CREDENTIALS_FILE';
    const description =
      'must be the only way to log in: set user and password, a token or a credentials file';
    violations.push({ field, description });
  }
  if (violations.length > 0) throw AppError.invalid('the environment:', violations);
}

/** ALARENA_STORE says which; the filesystem's is a folder of ALARENA_HOME. */
export function readStore(env: ProcessEnvironment): StoreChoice {
  const kind = storeSchema.safeParse(env.ALARENA_STORE || 'filesystem');
  if (!kind.success) {
    const [issue] = kind.error.issues;
    throw AppError.invalid('the environment:', [
      { field: 'ALARENA_STORE', description: `${issue?.message}, got "${env.ALARENA_STORE}"` },
    ]);
  }
  if (kind.data === 'filesystem') return { kind: 'filesystem', folder: resolve(readHome(env), 'store') };
  const secrets = ['accessKey', 'secretKey'] as const;
  return { kind: 's3', ...readEnvironment(s3Schema, env, 'ALARENA_S3', { secrets }).settings };
}

export async function readTls(env: ProcessEnvironment): Promise<TlsSettings> {
  return readEnvironment(tlsSchema, env, 'ALARENA_TLS').settings;
}

export async function readAuth(env: ProcessEnvironment): Promise<AuthSettings> {
  return readEnvironment(authSchema, env, 'ALARENA_AUTH').settings;
}

export async function readOps(env: ProcessEnvironment): Promise<OpsSettings> {
  return readEnvironment(opsSchema, env, 'ALARENA_OPS').settings;
}

/** ALARENA_HOME: the folder of all local state. */
export function readHome(env: ProcessEnvironment): string {
  return resolve(env.ALARENA_HOME || '.alarena');
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
