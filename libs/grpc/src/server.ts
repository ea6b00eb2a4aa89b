// A gRPC server with health, reflection and an orderly end.

import { AppError } from '@alarena/core';
import type { Logger } from '@alarena/telemetry';
import { Server, ServerCredentials, setLogger } from '@grpc/grpc-js';
import type { HealthImplementation } from 'grpc-health-check';
import type { Authenticator } from './auth/authenticator.js';
import { createGuard } from './auth/guard.js';
import { ANYONE } from './auth/role.js';
import type { ServiceRegistration } from './implement.js';
import { MAX_MESSAGE_BYTES, serverOptions } from './options.js';
import { addReflection } from './reflection.js';
import { withoutTokens } from './tls/bearer.js';
import { loggingHandshakes } from './tls/log-handshakes.js';

/** How long calls that were told to stop may take to answer before their connections are cut. */
const LAST_WORDS_MS = 500;
const EVERYTHING = '';

export interface GrpcServerOptions {
  readonly services: readonly ServiceRegistration[];
  readonly logger: Logger;
  /** Tells generic clients the contracts. Off in production. */
  readonly reflection: boolean;
  /** Health before the first setServing or setNotServing. Default: true. */
  readonly initiallyServing?: boolean;
  /** Default: no encryption. */
  readonly credentials?: ServerCredentials | undefined;
  /** Checks every call but those of health. Default: whoever calls is an admin (assertSafeToListen). */
  readonly authenticator?: Authenticator | undefined;
  /** Largest message either way. Default: MAX_MESSAGE_BYTES. */
  readonly maxMessageBytes?: number;
}

export interface ListenAddress {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

export interface GrpcServer {
  /** Listens, and returns the port. */
  start(address: ListenAddress): Promise<number>;
  /** Reports one service, or all of them, as ready. */
  setServing(service?: string): void;
  setNotServing(service?: string): void;
  /**
   * Reports NOT_SERVING, refuses new calls and waits for those in progress. At the limit they are cancelled,
   * then cut off. Returns whether all had ended by themselves.
   */
  shutdown(options: { readonly limitMs: number }): Promise<boolean>;
}

export function createGrpcServer(options: GrpcServerOptions): GrpcServer {
  const { services, logger } = options;
  // The library's own lines are prose on stderr; what matters of them comes back as errors anyway.
  const library = (detail: unknown): void =>
    logger.debug({ detail: withoutTokens(String(detail)) }, 'grpc library');
  setLogger({ error: library, info: library, debug: library });

  const guard = options.authenticator === undefined ? undefined : createGuard(options.authenticator, logger);
  const server = new Server({
    ...serverOptions(options.maxMessageBytes ?? MAX_MESSAGE_BYTES),
    interceptors: guard === undefined ? [] : [guard.interceptor],
  });
  const stopping = new AbortController();
  const cutting = new AbortController();
  const names = [EVERYTHING, ...services.map(({ name }) => name)];
  const serving = new Map(names.map((name) => [name, options.initiallyServing ?? true]));
  let health: HealthImplementation | undefined;

  const report = (service: string | undefined, isServing: boolean): void => {
    if (service !== undefined && !serving.has(service)) {
      throw new AppError(
        'invalid-argument',
        `unknown service ${service}; known: ${names.slice(1).join(', ')}`,
      );
    }
    for (const name of service === undefined ? names : [service]) {
      serving.set(name, isServing);
      health?.setStatus(name, isServing ? 'SERVING' : 'NOT_SERVING');
    }
  };

  return {
    start: async ({ host, port }) => {
      const callerOf = guard?.callerOf ?? (() => ANYONE);
      const deps = { logger, stopping: stopping.signal, cutting: cutting.signal, callerOf };
      for (const service of services) server.addService(service.definition, service.bind(deps));
      // Imported here: it parses a proto file when loaded, which clients need not wait for.
      const { HealthImplementation } = await import('grpc-health-check');
      health = new HealthImplementation();
      health.addToServer(server);
      for (const [name, isServing] of serving) report(name, isServing);
      if (options.reflection) await addReflection(server, names.slice(1));
      const credentials = options.credentials ?? ServerCredentials.createInsecure();
      const bound = await loggingHandshakes(() => bind(server, { host, port }, credentials), logger);
      logger.info({ host, port: bound, services: names.slice(1) }, 'listening');
      return bound;
    },
    setServing: (service) => report(service, true),
    setNotServing: (service) => report(service, false),
    shutdown: async ({ limitMs }) => {
      report(undefined, false);
      stopping.abort(stopped());
      const ended = new Promise<true>((resolve) => server.tryShutdown(() => resolve(true)));
      if (await within(ended, limitMs)) return true;
      logger.warn({ limitMs }, 'calls still open at the shutdown limit are cancelled');
      cutting.abort(stopped());
      await within(ended, LAST_WORDS_MS);
      server.forceShutdown();
      return false;
    },
  };
}

function stopped(): AppError {
  return new AppError('unavailable', 'the server is shutting down; try again', { reason: 'SERVER_STOPPING' });
}

/** Whether `work` ended within the limit. */
async function within(work: Promise<unknown>, limitMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), limitMs);
  });
  const inTime = await Promise.race([work.then(() => true), limit]);
  clearTimeout(timer);
  return inTime;
}

function bind(server: Server, address: ListenAddress, credentials: ServerCredentials): Promise<number> {
  const { host, port } = address;
  const target = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return new Promise((resolve, reject) => {
    server.bindAsync(target, credentials, (error, bound) => {
      if (error === null) resolve(bound);
      else reject(bindError(error, target, address));
    });
  });
}

function bindError(error: Error, target: string, { host, port }: ListenAddress): AppError {
  const facts = { host, port };
  if (error.message.includes('EADDRINUSE')) {
    return new AppError(
      'failed-precondition',
      `${target} is in use by another process; stop it, choose another port, or 0 for any free one`,
      { reason: 'PORT_IN_USE', facts, cause: error },
    );
  }
  if (error.message.includes('EACCES')) {
    return new AppError(
      'permission-denied',
      `this user may not listen on ${target}; choose a port from 1024 up`,
      { reason: 'PORT_FORBIDDEN', facts, cause: error },
    );
  }
  return new AppError(
    'failed-precondition',
    `cannot listen on ${target}: is ${host} an address of this machine?`,
    {
      reason: 'ADDRESS_UNUSABLE',
      facts,
      cause: error,
    },
  );
}
