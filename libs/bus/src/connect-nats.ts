// The connection to NATS: made once with clear words when it cannot be, kept for ever afterwards. No message of an error
// contains a secret.

import { readFile } from 'node:fs/promises';
import { AppError } from '@alarena/core';
import {
  AuthorizationError,
  type ConnectionOptions,
  connect,
  credsAuthenticator,
  TimeoutError,
  UserAuthenticationExpiredError,
} from '@nats-io/transport-node';
import { NatsLink, type NatsLinkOptions } from './nats-link.js';

export interface NatsSettings extends NatsLinkOptions {
  /** `nats://host:port`, or `tls://host:port` for servers that must speak TLS; any one of a cluster will do. */
  readonly servers: readonly string[];
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly token?: string | undefined;
  /** A `.creds` file: a user's JWT and its key. */
  readonly credentialsFile?: string | undefined;
  /** PEM files, read again at each connection, so that renewed certificates are taken up. */
  readonly tls?: {
    readonly caFile?: string | undefined;
    readonly certFile?: string | undefined;
    readonly keyFile?: string | undefined;
  };
  /** Shown in the server's list of connections. */
  readonly name?: string | undefined;
  /** Time for one attempt to connect. Default: 5 s. */
  readonly connectTimeoutMs?: number;
}

/**
 * Fails when the first connection does: `unavailable` (NATS_UNREACHABLE), `unauthenticated` (NATS_UNAUTHENTICATED) or
 * `failed-precondition` (NATS_TLS). A connection lost later is made again for as long as it takes.
 */
export async function connectNats(settings: NatsSettings): Promise<NatsLink> {
  checkSettings(settings);
  const options = await connectionOptions(settings);
  try {
    return new NatsLink(await connect(options), settings);
  } catch (thrown) {
    throw connectionError(settings.servers, thrown);
  }
}

function checkSettings({ servers, user, password, token, credentialsFile, tls }: NatsSettings): void {
  const violations: { field: string; description: string }[] = [];
  if (servers.length === 0) {
    violations.push({ field: 'servers', description: 'must name a server, e.g. nats://localhost:4222' });
  }
  for (const server of servers) {
    const url = URL.canParse(server) ? new URL(server) : undefined;
    if (url?.username || url?.password) {
      // Not repeated: it holds a secret.
      violations.push({
        field: 'servers',
        description: 'must not contain a user or a password; they have settings of their own',
      });
    } else if (!(url?.protocol === 'nats:' || url?.protocol === 'tls:') || url.hostname === '') {
      violations.push({
        field: 'servers',
        description: `must be nats://host:port or tls://host:port, got ${JSON.stringify(server)}`,
      });
    }
  }
  const ways = [user ?? password, token, credentialsFile].filter((way) => way !== undefined);
  if (ways.length > 1) {
    violations.push({
      field: 'user',
      description: 'must be the only way to log in: set one of user and password, token, credentials file',
    });
  }
  if ((user === undefined) !== (password === undefined)) {
    violations.push({ field: 'password', description: 'must be set together with user' });
  }
  if ((tls?.certFile === undefined) !== (tls?.keyFile === undefined)) {
    violations.push({ field: 'tls.certFile', description: 'must be set together with tls.keyFile' });
  }
  if (violations.length > 0) throw AppError.invalid('not the settings of a NATS connection', violations);
}

async function connectionOptions(settings: NatsSettings): Promise<ConnectionOptions> {
  const { servers, user, password, token, credentialsFile, tls = {}, name } = settings;
  const { caFile, certFile, keyFile } = tls;
  for (const file of [caFile, certFile, keyFile]) if (file !== undefined) await readSetting(file);
  const wantsTls =
    caFile !== undefined || certFile !== undefined || servers.some((url) => url.startsWith('tls:'));
  return {
    servers: [...servers],
    ...(user !== undefined && password !== undefined && { user, pass: password }),
    ...(token !== undefined && { token }),
    ...(credentialsFile !== undefined && {
      authenticator: credsAuthenticator(await readCredentials(credentialsFile)),
    }),
    ...(wantsTls && {
      tls: {
        ...(caFile !== undefined && { caFile }),
        ...(certFile !== undefined && { certFile }),
        ...(keyFile !== undefined && { keyFile }),
      },
    }),
    ...(name !== undefined && { name }),
    timeout: settings.connectTimeoutMs ?? 5_000,
    // For ever, also when a server refuses the log-in for a while.
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    // Between attempts; at random, so that a server that comes back is not asked by everybody at once.
    reconnectDelayHandler: () => 250 + Math.random() * 750,
    // A server that vanished without a word is noticed within half a minute.
    pingInterval: 10_000,
    maxPingOut: 2,
  };
}

async function readCredentials(path: string): Promise<Uint8Array> {
  const content = await readSetting(path);
  const text = new TextDecoder().decode(content);
  if (/BEGIN NATS USER JWT/.test(text) && /BEGIN USER NKEY SEED/.test(text)) return content;
  throw new AppError('failed-precondition', `the file ${path} does not hold NATS credentials`, {
    reason: 'NATS_FILE',
    facts: { path },
  });
}

async function readSetting(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new AppError('failed-precondition', `the file ${path} for the connection to NATS cannot be read`, {
      reason: 'NATS_FILE',
      facts: { path },
      cause,
    });
  }
}

/** The message of a cause is shown only where it is known to be about the network or a certificate. */
function connectionError(servers: readonly string[], thrown: unknown): AppError {
  const where = servers.join(', ');
  const facts = { servers: where };
  if (thrown instanceof AuthorizationError || thrown instanceof UserAuthenticationExpiredError) {
    return new AppError(
      'unauthenticated',
      `NATS at ${where} refused the log-in: check the user and password, the token or the credentials file`,
      { reason: 'NATS_UNAUTHENTICATED', facts },
    );
  }
  const { code, message } = thrown instanceof Error ? deepest(thrown) : { code: '', message: String(thrown) };
  if (/^ERR_(SSL|TLS|OSSL)|CERT|VERIFY|SELF_SIGNED|ISSUER/.test(code) || /tls/i.test(message)) {
    return new AppError('failed-precondition', `no TLS connection to NATS at ${where}: ${message}`, {
      reason: 'NATS_TLS',
      facts,
    });
  }
  // A server that misses a client certificate, or does not know its authority, hangs up without an answer.
  const hint = thrown instanceof TimeoutError ? '; if it asks for a client certificate, check that' : '';
  return new AppError('unavailable', `NATS at ${where} cannot be reached: ${message}${hint}`, {
    reason: 'NATS_UNREACHABLE',
    facts,
  });
}

function deepest(error: Error): { readonly code: string; readonly message: string } {
  if (error.cause instanceof Error) return deepest(error.cause);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return { code, message: error.message };
}
