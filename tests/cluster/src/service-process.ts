// One service as a process of its own: started, killed, started again under the same address, and gone with the test
// process whatever ends that.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { waitFor } from '@alarena/testkit';

export const root = fileURLToPath(new URL('../../../', import.meta.url));

export interface ServiceProcessOptions {
  /** Of the installation's parts, e.g. `trainer-1`. */
  readonly name: string;
  /** Folder below services/. */
  readonly service: string;
  readonly env: Readonly<Record<string, string>>;
  /** Port of `/readyz`. */
  readonly opsPort: number;
}

export class ServiceProcess {
  readonly name: string;
  readonly opsPort: number;
  readonly #options: ServiceProcessOptions;
  #child: ChildProcess | undefined;
  #log = '';
  #tasksBegun = 0;

  constructor(options: ServiceProcessOptions) {
    this.#options = options;
    this.name = options.name;
    this.opsPort = options.opsPort;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** All that it has said, over all its lives. */
  get log(): string {
    return this.#log;
  }

  /** Tasks that it has begun, in all its lives; told by its log at level debug. */
  get tasksBegun(): number {
    return this.#tasksBegun;
  }

  start(): void {
    const child = spawn(
      process.execPath,
      ['--enable-source-maps', `services/${this.#options.service}/dist/main.js`],
      {
        cwd: root,
        env: { PATH: process.env.PATH, HOME: process.env.HOME, ...this.#options.env },
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    createInterface({ input: child.stderr }).on('line', (line) => {
      this.#log += `${line}\n`;
      if (line.includes('"msg":"task begun"')) this.#tasksBegun++;
    });
    this.#child = child;
    watch(child);
  }

  async ready(limitMs = 60_000): Promise<void> {
    const isReady = async (): Promise<boolean> => {
      if (this.#child?.exitCode !== null) throw new Error('it has ended');
      return (await this.get('/readyz')) === 'ok\n';
    };
    try {
      await waitFor(`${this.name} to be ready`, isReady, limitMs);
    } catch (cause) {
      throw new Error(`${this.name} is not ready; its log ends so:\n${this.#log.slice(-4_000)}`, { cause });
    }
  }

  /** The body of an answer of its ops port; undefined where there is none. */
  async get(path: string): Promise<string | undefined> {
    const response = await fetch(`http://127.0.0.1:${this.opsPort}${path}`).catch(() => undefined);
    return response?.text();
  }

  /** As a lost node or an out-of-memory kill: no goodbye. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  /** As Kubernetes ends a pod. Returns the exit status. */
  async stop(): Promise<number | null> {
    await this.#end('SIGTERM');
    return this.#child?.exitCode ?? null;
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }
}

/** The end of its input, which is the end of this process, kills the service. */
function watch(child: ChildProcess): void {
  const script = 'read -r line; kill -KILL "$0"';
  const watchdog = spawn('sh', ['-c', script, String(child.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  watchdog.unref();
  watchdog.stdin.on('error', () => {});
  // Its number may be another's after that.
  child.once('exit', () => watchdog.kill('SIGKILL'));
}
