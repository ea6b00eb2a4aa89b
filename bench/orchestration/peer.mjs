// A process of the benchmark and the calls to it: requests and answers over Node's channel between processes.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Seconds since 1970 by the monotonic clock, the same for all processes of the machine to some 0.1 ms. */
export const now = () => (performance.timeOrigin + performance.now()) / 1000;

export class Peer {
  #child;
  #pending = new Map();
  #calls = 0;

  /** Takes over Node's options of this process, such as `--cpu-prof`. Its log goes to `logFile`, as a service's does to a file of the container runtime. */
  constructor(script, logFile, execArgv = []) {
    mkdirSync(dirname(logFile), { recursive: true });
    const log = openSync(logFile, 'a');
    this.#child = fork(join(import.meta.dirname, script), [], {
      execArgv: [...process.execArgv, ...execArgv],
      stdio: ['ignore', 'ignore', log, 'ipc'],
    });
    closeSync(log);
    this.#child.on('message', ({ id, value, error }) => {
      const { resolve, reject } = this.#pending.get(id);
      this.#pending.delete(id);
      if (error === undefined) resolve(value);
      else reject(new Error(`${script}: ${error}`));
    });
    this.#child.once('exit', (code) => {
      for (const { reject } of this.#pending.values()) {
        reject(new Error(`${script} ended (${code}); see ${logFile}`));
      }
    });
  }

  call(name, argument = {}) {
    return new Promise((resolve, reject) => {
      const id = this.#calls++;
      this.#pending.set(id, { resolve, reject });
      this.#child.send({ id, name, argument });
    });
  }

  async close() {
    if (this.#child.exitCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.call('close').catch(() => {});
    await exit;
  }
}

/** In the process: answers calls by name. Every process can be asked for its CPU seconds, and closed. */
export function answer(calls) {
  const all = {
    cpu: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
    ...calls,
    close: async () => {
      await calls.close?.();
      process.exit(0);
    },
  };
  process.on('message', async ({ id, name, argument }) => {
    try {
      const value = await all[name](argument);
      process.send({ id, value });
    } catch (error) {
      process.send({ id, error: error.stack });
    }
  });
  process.once('disconnect', () => process.exit(1));
}
