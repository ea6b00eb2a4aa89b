// Runs blocking computations in child processes, so that the service always answers: a call takes a free child or
// waits for one. A crash or an out-of-memory kill takes the child, not the service; the next call starts a new one.

import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { AppError } from '@alarena/core';
import { type FromChild, fromWire, type ToChild } from './messages.js';

export interface ComputeHostOptions {
  /** Module that calls `serveComputations`. */
  readonly entry: URL;
  /** Children at once, at least 1. */
  readonly slots: number;
  /** Environment of the children, beside the parent's. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface CallOptions {
  /** Aborting asks the child to stop at its next chance; the call then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (value: unknown) => void;
}

interface Slot {
  child: ChildProcess | undefined;
  busy: boolean;
  /** The end of what the child has printed on stderr. */
  lastWords: string;
}

const lastWordsLength = 2_000;

export class ComputeHost {
  readonly #options: ComputeHostOptions;
  readonly #slots: Slot[];
  readonly #waiting: ((slot: Slot) => void)[] = [];
  #nextId = 1;
  #closed = false;

  constructor(options: ComputeHostOptions) {
    this.#options = options;
    this.#slots = Array.from({ length: options.slots }, () => ({
      child: undefined,
      busy: false,
      lastWords: '',
    }));
  }

  /** Process ids of the children that run now. */
  get processIds(): readonly number[] {
    return this.#slots.flatMap((slot) => (slot.child?.pid === undefined ? [] : [slot.child.pid]));
  }

  /**
   * Runs `method` in a child. Rejects with the child's AppError, or `unavailable` (retryable) where the child died:
   * the caller's retry rules decide how often that is tried again.
   */
  async call(method: string, payload: unknown, options: CallOptions = {}): Promise<unknown> {
    if (this.#closed) throw new AppError('unavailable', 'the compute host is closed');
    options.signal?.throwIfAborted();
    const slot = await this.#acquire();
    try {
      options.signal?.throwIfAborted();
      return await this.#run(slot, method, payload, options);
    } finally {
      const next = this.#waiting.shift();
      if (next) next(slot);
      else slot.busy = false;
    }
  }

  /** Ends the children, whatever they do. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(
      this.#slots.map(async ({ child }) => {
        if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
        const gone = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGKILL');
        await gone;
      }),
    );
  }

  #acquire(): Promise<Slot> {
    // A warm child first: it has TensorFlow and its model loaded.
    const free =
      this.#slots.find((slot) => !slot.busy && slot.child) ?? this.#slots.find((slot) => !slot.busy);
    if (free) {
      free.busy = true;
      return Promise.resolve(free);
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #run(slot: Slot, method: string, payload: unknown, options: CallOptions): Promise<unknown> {
    const child = slot.child ?? this.#start(slot);
    const id = this.#nextId++;
    const send = (message: ToChild): void => {
      // A failed send means the child is gone, which its exit event reports.
      child.send(message, () => {});
    };
    return new Promise((resolve, reject) => {
      const cancel = (): void => send({ type: 'cancel', id });
      const settle = (finish: () => void): void => {
        child.off('message', onMessage);
        child.off('exit', onExit);
        child.off('error', onError);
        options.signal?.removeEventListener('abort', cancel);
        finish();
      };
      const onMessage = (message: FromChild): void => {
        if (message.id !== id) return;
        if (message.type === 'progress') options.onProgress?.(message.value);
        else if (message.type === 'result') settle(() => resolve(message.value));
        else settle(() => reject(fromWire(message.error)));
      };
      const onExit = (code: number | null, signal: string | null): void => {
        settle(() => reject(died(method, code, signal, slot.lastWords)));
      };
      const onError = (error: Error): void => {
        settle(() =>
          reject(new AppError('unavailable', 'the compute process cannot be started', { cause: error })),
        );
      };
      child.on('message', onMessage);
      child.on('exit', onExit);
      child.on('error', onError);
      options.signal?.addEventListener('abort', cancel, { once: true });
      send({ type: 'call', id, method, payload });
    });
  }

  #start(slot: Slot): ChildProcess {
    const child = fork(fileURLToPath(this.#options.entry), {
      env: { ...process.env, ...this.#options.environment },
      execArgv: ['--enable-source-maps'],
      serialization: 'advanced',
      // What TensorFlow prints is of interest only where the child dies of it.
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    slot.child = child;
    slot.lastWords = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      slot.lastWords = (slot.lastWords + text).slice(-lastWordsLength);
    });
    child.once('exit', () => {
      slot.child = undefined;
    });
    child.on('error', () => {
      slot.child = undefined;
    });
    return child;
  }
}

function died(method: string, code: number | null, signal: string | null, lastWords: string): AppError {
  const how = signal === null ? `exit status ${code}` : `signal ${signal}`;
  const advice = signal === 'SIGKILL' ? '; a kill often means that memory ran out: try a smaller batch' : '';
  const said = lastWords.trim().split('\n').slice(-8).join('\n');
  const message = `the compute process died during ${method} (${how})${advice}`;
  return new AppError('unavailable', said === '' ? message : `${message}; it said:\n${said}`, {
    reason: 'COMPUTE_DIED',
    facts: { method, how },
  });
}
