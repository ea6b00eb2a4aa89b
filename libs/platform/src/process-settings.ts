// All that the environment says to a service process, read before anything is waited for: the service's own settings,
// the shared ones, and what they name on this machine, such as certificates.

import { readEnvironment } from '@alarena/config';
import {
  assertSafeToListen,
  createAuthenticator,
  type GrpcServerOptions,
  serverCredentials,
} from '@alarena/grpc';
import type { ObjectStore } from '@alarena/store';
import { createLogger, LOG_LEVELS, type Logger, type LogLevel } from '@alarena/telemetry';
import { z } from 'zod';
import { orEveryFault } from './every-fault.js';
import { openStore } from './open-store.js';
import type { ServiceProcess } from './run-service.js';
import {
  type NatsSettings,
  type OpsSettings,
  type ProcessEnvironment,
  readAuth,
  readNats,
  readOps,
  readTls,
} from './settings.js';

/** Settings that every service has under its own prefix. */
const commonShape = {
  host: z.string().default('127.0.0.1'),
  port: z.coerce.number().int().min(0).max(65_535),
  logLevel: z.enum(LOG_LEVELS).default('info'),
  reflection: z.stringbool().default(false),
  shutdownLimitMs: z.coerce.number().int().min(0).max(600_000).default(20_000),
};

export type CommonSettings = z.output<z.ZodObject<typeof commonShape>>;

/** Of the TLS and the callers of the gRPC server. */
export type Protection = Pick<GrpcServerOptions, 'credentials' | 'authenticator'>;

/** What a platform is opened with. */
export interface SharedSettings {
  /** Not asked yet whether it answers. */
  readonly store: ObjectStore;
  readonly nats: NatsSettings | undefined;
  readonly ops: OpsSettings;
}

export interface ProcessSettings<Shape extends z.ZodRawShape> {
  readonly common: CommonSettings;
  readonly own: z.output<z.ZodObject<Shape>>;
  readonly shared: SharedSettings;
  readonly protection: Protection;
  readonly logger: Logger;
}

/** Fails with all that is wrong, by the names of the variables. */
export async function readProcessSettings<Shape extends z.ZodRawShape>(
  service: ServiceProcess<Shape>,
  env: ProcessEnvironment,
): Promise<ProcessSettings<Shape>> {
  const settings = readOwn(service, env);
  const logger = createLogger({ service: service.name, level: await levelOf(settings) });
  const tls = readTls(env);
  const auth = readAuth(env);
  const encryption = tls.then((files) => serverCredentials(files, { logger }));
  const clientCertificates = Boolean(env.ALARENA_TLS_CLIENT_CA_FILE);
  const identity = auth.then((known) => createAuthenticator(known, { logger, clientCertificates }));
  const safety = Promise.all([settings, encryption, identity]).then(
    ([{ common }, credentials, authenticator]) =>
      assertSafeToListen(common.host, { tls: credentials, authenticator }),
  );
  const preparation = settings.then(({ own }) => service.prepare?.(own, logger));
  const [{ common, own }, store, nats, ops, credentials, authenticator] = await orEveryFault([
    settings,
    openStore(env),
    readNats(env, service.needsBus),
    readOps(env),
    encryption,
    identity,
    ...[tls, auth, safety, preparation],
  ]);
  return { common, own, protection: { credentials, authenticator }, logger, shared: { store, nats, ops } };
}

interface OwnSettings<Shape extends z.ZodRawShape> {
  readonly common: CommonSettings;
  readonly own: z.output<z.ZodObject<Shape>>;
}

async function readOwn<Shape extends z.ZodRawShape>(
  { name, defaultPort, shape }: ServiceProcess<Shape>,
  env: ProcessEnvironment,
): Promise<OwnSettings<Shape>> {
  const prefix = `ALARENA_${name.toUpperCase().replaceAll('-', '_')}`;
  const port = commonShape.port.default(defaultPort);
  const { settings, printable } = readEnvironment(z.object({ ...commonShape, port, ...shape }), env, prefix);
  createLogger({ service: name, level: 'info' }).info({ settings: printable }, 'starting');
  // The shape of a generic service hides from the compiler that the common settings are there.
  const common = settings as CommonSettings;
  return { common, own: settings as z.output<z.ZodObject<Shape>> };
}

/** Of settings with faults the default: they are told whatever the level. */
async function levelOf(settings: Promise<{ readonly common: CommonSettings }>): Promise<LogLevel> {
  return settings.then(
    ({ common }) => common.logLevel,
    () => 'info',
  );
}
