// The event loop's side of the HDF5 thread. One thread serves a process: it starts with the first call, answers
// in order, and does not keep the process alive while it is idle.

import { Worker } from 'node:worker_threads';
import { AppError } from '@alarena/core';
import type { Hdf5Answer, Hdf5Request, Hdf5Result, Numbered } from './hdf5-protocol.js';

interface Waiting {
  readonly resolve: (result: Hdf5Result) => void;
  readonly reject: (error: AppError) => void;
}

class Hdf5Thread {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #calls = 0;

  call(request: Hdf5Request): Promise<Hdf5Result> {
    const worker = this.#started();
    const message: Numbered = { call: this.#calls++, request };
    return new Promise((resolve, reject) => {
      this.#waiting.set(message.call, { resolve, reject });
      worker.ref();
      worker.postMessage(message, transferable(request));
    });
  }

  #started(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    // The thread takes no flags of ours: a preloaded instrumentation would be loaded a second time.
    const worker = new Worker(new URL('./hdf5-worker.js', import.meta.url), { execArgv: [] });
    worker.unref();
    worker.on('message', (reply: Hdf5Answer) => this.#settle(worker, reply));
    worker.on('error', (cause) => this.#lost(worker, cause));
    worker.on('exit', () => this.#lost(worker, undefined));
    this.#worker = worker;
    return worker;
  }

  #settle(worker: Worker, reply: Hdf5Answer): void {
    const waiting = this.#waiting.get(reply.call);
    this.#waiting.delete(reply.call);
    if (this.#waiting.size === 0) worker.unref();
    if (reply.ok) waiting?.resolve(reply.result);
    else waiting?.reject(new AppError('internal', `HDF5: ${reply.message}`, { reason: 'HDF5_FAILED' }));
  }

  #lost(worker: Worker, cause: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    const why = cause instanceof Error ? `: ${cause.message}` : '';
    const error = new AppError('internal', `the HDF5 thread ended unexpectedly${why}`, { cause });
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

function transferable(request: Hdf5Request): ArrayBuffer[] {
  if (request.kind === 'append') return [request.images.buffer, request.labels.buffer];
  if (request.kind !== 'read') return [];
  const { rows, positions, images, labels } = request;
  return [rows.buffer, positions.buffer, images.buffer, labels.buffer];
}

export const hdf5 = new Hdf5Thread();
