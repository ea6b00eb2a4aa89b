// What every command knows: where to write, which server to ask, where local state is, and when to stop.

import { resolve } from 'node:path';
import { AppError } from '@alarena/core';
import { LOG_LEVELS, type LogLevel } from '@alarena/telemetry';
import type { Terminal } from './terminal.js';

/** Options that every command takes. */
export interface GlobalOptions {
  readonly json?: boolean;
  readonly server?: string;
  readonly tokenFile?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly verbose?: boolean;
}

/** Files by which a running server is trusted, and by which it knows the user. */
export interface Access {
  readonly tokenFile: string | undefined;
  readonly caFile: string | undefined;
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
}

export interface CommandContext {
  readonly terminal: Terminal;
  readonly json: boolean;
  /** `host:port` of a running server; undefined: the embedded stack is started for the command. */
  readonly server: string | undefined;
  readonly access: Access;
  /** Absolute path of the folder of all local state. */
  readonly home: string;
  readonly logLevel: LogLevel;
  /** Aborted by Ctrl-C with an AppError `cancelled`. */
  readonly signal: AbortSignal;
}

export function createContext(
  options: GlobalOptions,
  env: NodeJS.ProcessEnv,
  terminal: Terminal,
  signal: AbortSignal,
): CommandContext {
  const server = options.server ?? (env.ALARENA_SERVER || undefined);
  return {
    terminal,
    json: options.json === true,
    server: server === undefined ? undefined : checkedAddress(server),
    access: server === undefined ? withoutServer(options) : accessOf(options, env),
    home: resolve(env.ALARENA_HOME || '.alarena'),
    logLevel: options.verbose === true ? 'debug' : checkedLevel(env.ALARENA_LOG_LEVEL || 'error'),
    signal,
  };
}

function accessOf(options: GlobalOptions, env: NodeJS.ProcessEnv): Access {
  return {
    tokenFile: options.tokenFile ?? (env.ALARENA_TOKEN_FILE || undefined),
    caFile: options.ca ?? (env.ALARENA_CA_FILE || undefined),
    certFile: options.cert ?? (env.ALARENA_CERT_FILE || undefined),
    keyFile: options.key ?? (env.ALARENA_KEY_FILE || undefined),
  };
}

/** The variables may stay set for the servers of other commands; an option is meant for this one. */
function withoutServer({ tokenFile, ca, cert, key }: GlobalOptions): Access {
  const description = 'is for a running server; name one with --server (or ALARENA_SERVER)';
  const violations = Object.entries({ '--token-file': tokenFile, '--ca': ca, '--cert': cert, '--key': key })
    .filter(([, file]) => file !== undefined)
    .map(([field]) => ({ field, description }));
  if (violations.length > 0) throw AppError.invalid('without a server:', violations);
  return { tokenFile: undefined, caFile: undefined, certFile: undefined, keyFile: undefined };
}

function checkedAddress(address: string): string {
  const [, port] = /^(?:[^\s:/]+|\[[0-9a-fA-F:.]+\]):(\d{1,5})$/.exec(address) ?? [];
  if (port !== undefined && Number(port) >= 1 && Number(port) <= 65_535) return address;
  const description = `must be host:port, e.g. 127.0.0.1:50050, got "${address}"`;
  throw AppError.invalid('the server:', [{ field: '--server (or ALARENA_SERVER)', description }]);
}

function checkedLevel(level: string): LogLevel {
  const known = LOG_LEVELS.find((name) => name === level);
  if (known !== undefined) return known;
  const description = `must be one of ${LOG_LEVELS.join(', ')}, got "${level}"`;
  throw AppError.invalid('the environment:', [{ field: 'ALARENA_LOG_LEVEL', description }]);
}
