// A whole installation on this machine: every service its own process, on real NATS and a real S3 store.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { freePort, type RunningNats, type RunningS3, type TestScope } from '@alarena/testkit';
import { root, ServiceProcess } from './service-process.js';

export interface InstallationOptions {
  readonly nats: RunningNats;
  readonly s3: RunningS3;
  readonly bucket: string;
  /** For what services keep on disk. */
  readonly folder: string;
  readonly trainers?: number;
  /** Default: one inference worker. */
  readonly inference?: boolean;
  readonly orchestrators?: number;
  readonly logLevel?: string;
  /** For every service. */
  readonly env?: Readonly<Record<string, string>>;
  /** For one process, by its name. */
  readonly envOf?: (name: string) => Readonly<Record<string, string>>;
}

export interface CommandResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Parts {
  readonly servers: readonly string[];
  readonly services: ReadonlyMap<string, ServiceProcess>;
  readonly addresses: ReadonlyMap<string, string>;
  readonly add: (
    service: string,
    name: string,
    settings: Readonly<Record<string, string>>,
  ) => Promise<unknown>;
}

export class Installation {
  /** `host:port` of the front door of each orchestrator. */
  readonly servers: readonly string[];
  readonly services: ReadonlyMap<string, ServiceProcess>;

  readonly #addresses: ReadonlyMap<string, string>;
  readonly #add: Parts['add'];

  constructor({ servers, services, addresses, add }: Parts) {
    this.servers = servers;
    this.services = services;
    this.#addresses = addresses;
    this.#add = add;
  }

  /** One process more. Settings are named without the service's prefix. */
  async start(
    service: string,
    name: string,
    settings: Readonly<Record<string, string>>,
  ): Promise<ServiceProcess> {
    await this.#add(service, name, settings);
    const started = this.get(name);
    started.start();
    return started;
  }

  /** `host:port` of a process. */
  addressOf(name: string): string {
    const address = this.#addresses.get(name);
    if (address === undefined) throw new Error(`there is no process ${name}`);
    return address;
  }

  get(name: string): ServiceProcess {
    const service = this.services.get(name);
    if (service === undefined) throw new Error(`there is no process ${name}`);
    return service;
  }

  /** Of one kind, e.g. `trainer`. */
  all(kind: string): ServiceProcess[] {
    return [...this.services.values()].filter(({ name }) => name === kind || name.startsWith(`${kind}-`));
  }

  /** Whether any orchestrator has begun to lead. */
  leads(): boolean {
    return this.all('orchestrator').some(({ log }) => log.includes('"msg":"leading"'));
  }

  /** The orchestrator that has begun to lead last. */
  leader(): ServiceProcess {
    const terms = this.all('orchestrator').map((service) => {
      const lines = service.log.split('\n').filter((line) => line.includes('"msg":"leading"'));
      const last: { term?: number } = JSON.parse(lines.at(-1) ?? '{}');
      return { service, term: last.term ?? 0 };
    });
    const [leader] = terms.toSorted((a, b) => b.term - a.term);
    if (leader === undefined || leader.term === 0) throw new Error('no orchestrator leads');
    return leader.service;
  }

  /** The command line against the first orchestrator, or another. */
  alarena(args: readonly string[], server = this.servers[0] ?? ''): Promise<CommandResult> {
    return alarena(['--server', server, ...args], {});
  }
}

/** Runs the command line as a user does. */
export async function alarena(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<CommandResult> {
  const child = spawn(process.execPath, [join(root, 'services/cli/bin/alarena.js'), ...args], {
    cwd: root,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [status]: unknown[] = await once(child, 'close');
  return { status: typeof status === 'number' ? status : null, stdout, stderr };
}

/** Starts all services and waits until each is ready; they end with the test. */
export async function startInstallation(t: TestScope, options: InstallationOptions): Promise<Installation> {
  const { nats, s3, bucket, folder, trainers = 2, inference = true, orchestrators = 1 } = options;
  const shared = {
    ALARENA_STORE: 's3',
    ALARENA_S3_ENDPOINT: s3.endpoint,
    ALARENA_S3_BUCKET: bucket,
    ALARENA_S3_ACCESS_KEY: s3.accessKey,
    ALARENA_S3_SECRET_KEY: s3.secretKey,
    ALARENA_NATS_URL: nats.url,
    ...options.env,
  };
  const services = new Map<string, ServiceProcess>();
  const addresses = new Map<string, string>();
  const add = async (
    service: string,
    name: string,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<string> => {
    const [port, opsPort] = [await freePort(), await freePort()];
    const prefix = `ALARENA_${service.toUpperCase().replaceAll('-', '_')}`;
    const env = {
      ...shared,
      ALARENA_HOME: join(folder, name),
      ALARENA_WORKER_ID: name,
      ALARENA_OPS_PORT: String(opsPort),
      [`${prefix}_PORT`]: String(port),
      [`${prefix}_LOG_LEVEL`]: options.logLevel ?? 'info',
      ...Object.fromEntries(Object.entries(settings).map(([key, value]) => [`${prefix}_${key}`, value])),
      ...options.envOf?.(name),
    };
    const started = new ServiceProcess({ name, service, env, opsPort });
    services.set(name, started);
    addresses.set(name, `127.0.0.1:${port}`);
    return `127.0.0.1:${port}`;
  };
  const datasets = await add('dataset-store', 'dataset-store');
  const strategies = await add('strategy', 'strategy');
  if (inference) await add('inference', 'inference', { THREADS: '1' });
  for (let i = 1; i <= trainers; i++) await add('trainer', `trainer-${i}`, { THREADS: '1', SLOTS: '1' });
  const servers: string[] = [];
  for (let i = 1; i <= orchestrators; i++) {
    servers.push(
      await add('orchestrator', `orchestrator-${i}`, { DATASET_STORE: datasets, STRATEGY: strategies }),
    );
  }
  const installation = new Installation({ servers, services, addresses, add });
  t.after(() => Promise.all([...services.values()].map((service) => service.kill())).then(() => {}));
  for (const service of services.values()) service.start();
  await Promise.all([...services.values()].map((service) => service.ready()));
  return installation;
}
