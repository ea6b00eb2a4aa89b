// A server's process: ready when `start` returns, its output in a file, and gone with the test process whatever ends
// that. It keeps neither the event loop nor its folder alive.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../free-port.js';
import { waitFor, within } from '../waiting.js';

/** What every real server can be told. */
export interface RunningServer {
  /** Ends it and removes what it kept. May be called again. */
  stop(): Promise<void>;
  /** SIGKILL: no flush, no good-bye. What it kept stays, for `restart`. */
  kill(): Promise<void>;
  /** Starts it again, ended first if need be: same address, same data. */
  restart(): Promise<void>;
}

export interface ServerCommand {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Removed by `stop`. The log is `<name>.log` in it. */
  readonly folder: string;
  /** How it is ended; default SIGTERM. */
  readonly endSignal?: EndSignal;
  /** Whether it answers; an error means no. */
  ready(): Promise<boolean>;
}

type EndSignal = 'SIGTERM' | 'SIGKILL';

const readyLimitMs = 60_000;
const stopLimitMs = 15_000;
const shownLogLines = 30;

/** A folder for what a server keeps. */
export function serverFolder(name: string): Promise<string> {
  return mkdtemp(join(tmpdir(), `alarena-${name}-`));
}

/** Between asking for a free port and taking it another process may: so a failed start is tried on other ports. */
export async function onFreePorts<T>(count: number, start: (...ports: number[]) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const ports = await Promise.all(Array.from({ length: count }, freePort));
    try {
      return await start(...ports);
    } catch (error) {
      if (attempt === 3 || !/address already in use/.test(String(error))) throw error;
    }
  }
}

export class ServerProcess implements RunningServer {
  readonly #command: ServerCommand;
  #child: ChildProcess | undefined;
  #watchdog: ChildProcess | undefined;

  private constructor(command: ServerCommand) {
    this.#command = command;
  }

  static async start(command: ServerCommand): Promise<ServerProcess> {
    const server = new ServerProcess(command);
    try {
      await server.#start();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  async stop(): Promise<void> {
    await this.end();
    await rm(this.#command.folder, { recursive: true, force: true, maxRetries: 3 });
  }

  /** `stop` for a server that shares its folder. */
  end(): Promise<void> {
    return this.#end(this.#command.endSignal ?? 'SIGTERM');
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  async restart(): Promise<void> {
    await this.end();
    await this.#start();
  }

  async #start(): Promise<void> {
    const { name, program, args, env, ready } = this.#command;
    const log = openSync(this.#logFile, 'a');
    const child = spawn(program, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', log, log],
      cwd: this.#command.folder,
    });
    closeSync(log);
    this.#child = child;
    child.unref();
    let failure: Error | undefined;
    child.once('error', (error) => {
      failure = error;
    });
    child.once('exit', (code, signal) => {
      failure = new Error(`it ended (${signal ?? `exit ${code}`})`);
    });
    this.#watchdog = watch(child, this.#command.folder);
    const isReady = async (): Promise<boolean> => {
      if (failure !== undefined) throw failure;
      if (await ready().catch(() => false)) return true;
      // A server that starts needs the processor more than the question.
      await delay(20);
      return false;
    };
    try {
      await waitFor(`${name} to be ready`, isReady, readyLimitMs);
    } catch (error) {
      await this.kill();
      throw new Error(`${name} did not start: ${String(error)}\n${this.#lastLines()}`, { cause: error });
    }
  }

  async #end(signal: EndSignal): Promise<void> {
    const child = this.#child;
    const watchdog = this.#watchdog;
    this.#child = undefined;
    this.#watchdog = undefined;
    if (child !== undefined && isRunning(child)) {
      child.ref();
      const exit = once(child, 'exit');
      child.kill(signal);
      await within(`${this.#command.name} to end`, exit, stopLimitMs).catch(async () => {
        child.kill('SIGKILL');
        await exit;
      });
    }
    watchdog?.stdin?.end('\n');
  }

  get #logFile(): string {
    return join(this.#command.folder, `${this.#command.name}.log`);
  }

  #lastLines(): string {
    return readFileSync(this.#logFile, 'utf8').trimEnd().split('\n').slice(-shownLogLines).join('\n');
  }
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

/** A line on its input lets it go; the end of its input, which is the end of this process, kills the server. */
function watch(child: ChildProcess, folder: string): ChildProcess | undefined {
  if (child.pid === undefined) return undefined;
  const script = 'read -r line || { kill -KILL "$0"; sleep 1; rm -rf "$1"; }';
  const watchdog = spawn('sh', ['-c', script, String(child.pid), folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  watchdog.unref();
  // Gone when the test process is told to end by a signal to everything it started: then so is the server.
  watchdog.stdin.on('error', () => {});
  return watchdog;
}
