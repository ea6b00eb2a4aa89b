// What every command knows: where to write, which server to ask, where local state is, and when to stop.

import { resolve } from 'node:path';
import { AppError } from '@alarena/core';
import { LOG_LEVELS, type LogLevel } from '@alarena/telemetry';
import type { Terminal } from './terminal.js';

/** Options that every command takes. */
export interface GlobalOptions {
  readonly json?: boolean;
  readonly server?: string;
  readonly verbose?: boolean;
}

export interface CommandContext {
  readonly terminal: Terminal;
  readonly json: boolean;
  /** `host:port` of a running server; undefined: the embedded stack is started for the command. */
  readonly server: string | undefined;
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
    home: resolve(env.ALARENA_HOME || '.alarena'),
    logLevel: options.verbose === true ? 'debug' : checkedLevel(env.ALARENA_LOG_LEVEL || 'error'),
    signal,
  };
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
