// One side of a comparison: a child process that answers one JSON line for each it is sent.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export class Side {
  #child;
  #lines;

  /** Variables of `env` that are undefined are taken out of the child's environment. */
  constructor(command, args, env = {}, stderr = 'ignore') {
    this.#child = spawn(command, args, {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', stderr],
    });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async ask(request) {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`a side of the benchmark ended while it ran ${request.workload}`);
    return JSON.parse(value);
  }

  /** Images per second of one measurement. */
  async rate(request) {
    return request.images / (await this.ask(request)).seconds;
  }

  async close() {
    this.#child.stdin.end();
    if (this.#child.exitCode === null) await once(this.#child, 'exit');
  }
}
