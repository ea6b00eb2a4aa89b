// A NATS server of its own for a test, on loopback.

import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { ensureServer } from './ensure-server.js';
import { onFreePorts, type RunningServer, ServerProcess, serverFolder } from './server-process.js';

export interface NatsUser {
  readonly user: string;
  readonly password: string;
  /** Subjects, wildcards included; a name absent is all. */
  readonly permissions?: {
    readonly publish?: readonly string[];
    readonly subscribe?: readonly string[];
  };
}

export interface NatsOptions {
  /** Default true. */
  readonly jetstream?: boolean;
  /** PEM texts. `verify`: clients must show a certificate that `ca` has signed. */
  readonly tls?: {
    readonly cert: string;
    readonly key: string;
    readonly ca?: string;
    readonly verify?: boolean;
  };
  readonly users?: readonly NatsUser[];
  /** Instead of users. */
  readonly token?: string;
  /** Bytes; NATS's own default is 1 MiB. */
  readonly maxPayload?: number;
  /** Where streams are kept; default: a temporary folder, removed by `stop`. */
  readonly storeFolder?: string;
  readonly port?: number;
  /** Also serve the monitoring pages. */
  readonly monitorPort?: boolean;
}

export interface RunningNats extends RunningServer {
  /** `nats://…`, or `tls://…`. */
  readonly url: string;
  readonly port: number;
  /** `http://…`; undefined without `monitorPort`. */
  readonly monitorUrl: string | undefined;
}

const host = '127.0.0.1';

export async function startNats(options: NatsOptions = {}): Promise<RunningNats> {
  const program = await ensureServer('nats');
  return onFreePorts(2, async (freePort = 0, monitorPort = 0) => {
    const port = options.port ?? freePort;
    const folder = await serverFolder('nats');
    const config = join(folder, 'nats.json');
    await writeFile(config, JSON.stringify(await configuration(options, folder, port, monitorPort)));
    const server = await ServerProcess.start({
      name: 'nats',
      program,
      args: ['--config', config],
      folder,
      ready: () => greets(port),
    });
    return {
      url: `${options.tls === undefined ? 'nats' : 'tls'}://${host}:${port}`,
      port,
      monitorUrl: options.monitorPort === true ? `http://${host}:${monitorPort}` : undefined,
      stop: () => server.stop(),
      kill: () => server.kill(),
      restart: () => server.restart(),
    };
  });
}

/** NATS's configuration language contains JSON. */
async function configuration(
  options: NatsOptions,
  folder: string,
  port: number,
  monitorPort: number,
): Promise<Record<string, unknown>> {
  const { jetstream = true, tls, users, token, maxPayload } = options;
  return {
    host,
    port,
    ...(options.monitorPort === true && { http: `${host}:${monitorPort}` }),
    ...(jetstream && { jetstream: { store_dir: options.storeFolder ?? join(folder, 'jetstream') } }),
    ...(maxPayload !== undefined && { max_payload: maxPayload }),
    ...((users !== undefined || token !== undefined) && { authorization: { users, token } }),
    ...(tls !== undefined && { tls: await tlsBlock(tls, folder) }),
  };
}

async function tlsBlock(
  tls: NonNullable<NatsOptions['tls']>,
  folder: string,
): Promise<Record<string, unknown>> {
  const write = async (name: string, pem: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, pem, { mode: 0o600 });
    return path;
  };
  return {
    cert_file: await write('server.crt', tls.cert),
    key_file: await write('server.key', tls.key),
    ...(tls.ca !== undefined && { ca_file: await write('ca.crt', tls.ca) }),
    verify: tls.verify === true,
  };
}

/** The server says INFO to whoever connects, once streams are recovered. */
function greets(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host);
    socket.once('data', (data) => {
      socket.destroy();
      resolve(data.subarray(0, 4).toString() === 'INFO');
    });
    socket.once('error', reject);
    socket.once('close', () => resolve(false));
  });
}
