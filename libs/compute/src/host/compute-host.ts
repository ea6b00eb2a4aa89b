// Runs blocking computations in child processes, so that the service always answers: a call takes a free child or
// waits for one. A crash or an out-of-memory kill takes the child, not the service; the next call starts a new one.

import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { AppError, fromWire, type WireError } from '@alarena/core';
import type { FromChild, ToChild } from './messages.js';

export interface ComputeHostOptions {
  /** Module that calls `serveComputations`. */
  readonly entry: URL;
  /** Children at once, at least 1. */
  readonly slots: number;
  /** Environment of the children, beside the parent's. */
  readonly environment: Readonly<Record<string, string>>;
  /**
   * A child that has not ended a cancelled call after this time is killed: for computations that block their thread and
   * so cannot hear. Default: never.
   */
  readonly cancelLimitMs?: number;
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
  /** In order of arrival. */
  readonly #waiting = new Set<(slot: Slot) => void>();
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
    this.#checkOpen();
    options.signal?.throwIfAborted();
    const slot = await this.#acquire(options.signal);
    try {
      // A child started now would outlive the host.
      this.#checkOpen();
      options.signal?.throwIfAborted();
      return await this.#run(slot, method, payload, options);
    } finally {
      const [next] = this.#waiting;
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

  #checkOpen(): void {
    if (this.#closed) throw new AppError('unavailable', 'the compute host is closed');
  }

  #acquire(signal: AbortSignal | undefined): Promise<Slot> {
    // A warm child first: it has TensorFlow and its model loaded.
    const free =
      this.#slots.find((slot) => !slot.busy && slot.child) ?? this.#slots.find((slot) => !slot.busy);
    if (free) {
      free.busy = true;
      return Promise.resolve(free);
    }
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.delete(take);
        signal?.removeEventListener('abort', giveUp);
      };
      const take = (slot: Slot): void => {
        leave();
        resolve(slot);
      };
      const giveUp = (): void => {
        leave();
        reject(signal?.reason);
      };
      this.#waiting.add(take);
      signal?.addEventListener('abort', giveUp, { once: true });
    });
  }

  #run(slot: Slot, method: string, payload: unknown, options: CallOptions): Promise<unknown> {
    const child = slot.child ?? this.#start(slot);
    const id = this.#nextId++;
    const send = (message: ToChild): void => {
      // A failed send means the child is gone, which its exit event reports.
      child.send(message, () => {});
    };
    return new Promise((resolve, reject) => {
      let killing: NodeJS.Timeout | undefined;
      const cancel = (): void => {
        send({ type: 'cancel', id });
        const { cancelLimitMs } = this.#options;
        if (cancelLimitMs !== undefined) killing = setTimeout(() => child.kill('SIGKILL'), cancelLimitMs);
      };
      const settle = (finish: () => void): void => {
        clearTimeout(killing);
        child.off('message', onMessage);
        child.off('close', onClose);
        child.off('error', onError);
        options.signal?.removeEventListener('abort', cancel);
        finish();
      };
      const onMessage = (message: FromChild): void => {
        if (message.id !== id) return;
        if (message.type === 'progress') options.onProgress?.(message.value);
        else if (message.type === 'result') settle(() => resolve(message.value));
        else settle(() => reject(errorOf(message.error, options.signal)));
      };
      // Not 'exit': that may come before the end of what the child printed.
      const onClose = (code: number | null, signal: string | null): void => {
        const cancelled = killing !== undefined && options.signal?.aborted;
        settle(() => reject(cancelled ? options.signal?.reason : died(method, code, signal, slot.lastWords)));
      };
      const onError = (error: Error): void => {
        settle(() =>
          reject(new AppError('unavailable', 'the compute process cannot be started', { cause: error })),
        );
      };
      child.on('message', onMessage);
      child.on('close', onClose);
      child.on('error', onError);
      options.signal?.addEventListener('abort', cancel, { once: true });
      try {
        send({ type: 'call', id, method, payload });
      } catch (error) {
        // The payload holds what no message can, e.g. a function.
        settle(() => reject(error));
      }
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

/** A child knows that it was cancelled, not why. */
function errorOf(error: WireError, signal: AbortSignal | undefined): unknown {
  return signal?.aborted && error.code === 'cancelled' ? signal.reason : fromWire(error);
}

function died(method: string, code: number | null, signal: string | null, lastWords: string): AppError {
  const how = signal === null ? `exit status ${code}` : `signal ${signal}`;
  const advice = signal === 'SIGKILL' ? '; a kill often means that memory ran out: try a smaller batch' : '';
  // Of a stack trace the first line is of use.
  const lines = lastWords.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('    at '));
  const said = lines.slice(-8).join('\n');
  const message = `the compute process died during ${method} (${how})${advice}`;
  return new AppError('unavailable', said === '' ? message : `${message}; it said:\n${said}`, {
    reason: 'COMPUTE_DIED',
    facts: { method, how },
  });
}
