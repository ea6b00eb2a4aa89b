// For tests: a real server on a free loopback port, its log lines, and a way to wait without sleeping.

import type { TestContext } from 'node:test';
import { createLogger, type Logger } from '@alarena/telemetry';
import { createGrpcServer, type GrpcServer, type GrpcServerOptions } from './server.js';

export const HOST = '127.0.0.1';

export type LogLine = Readonly<Record<string, unknown>>;

export interface Loopback {
  readonly server: GrpcServer;
  readonly address: string;
  readonly port: number;
  readonly lines: readonly LogLine[];
}

export function captureLog(): { readonly lines: LogLine[]; readonly logger: Logger } {
  const lines: LogLine[] = [];
  const destination = { write: (text: string) => void lines.push(JSON.parse(text) as LogLine) };
  return { lines, logger: createLogger({ service: 'test', level: 'debug', destination }) };
}

/** A server that is shut down with the test. */
export async function serve(
  t: TestContext,
  services: GrpcServerOptions['services'],
  options: Partial<GrpcServerOptions> = {},
): Promise<Loopback> {
  const { lines, logger } = captureLog();
  const server = createGrpcServer({ services, logger, reflection: false, ...options });
  const port = await server.start({ host: HOST, port: 0 });
  t.after(() => server.shutdown({ limitMs: 0 }));
  return { server, port, address: `${HOST}:${port}`, lines };
}

/** A promise to be resolved from outside. */
export function deferred<T = void>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
