// The child of the compute host's tests.

import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { AppError } from '@alarena/core';
import { serveComputations } from './serve-computations.js';

/** Blocks the thread, as a TensorFlow call does, until the file exists. */
function blockUntil(path: string): void {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  while (!existsSync(path)) Atomics.wait(cell, 0, 0, 5);
}

/** Resolves when the other side has been sent something. */
async function connected(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  await new Promise((resolve) => socket.write('here', resolve));
  await nextTurn();
}

serveComputations({
  echo: async (payload) => payload,
  pid: async () => process.pid,
  environment: async () => process.env.ALARENA_TEST,
  fail: async () => {
    throw new AppError('resource-exhausted', 'the memory is full', {
      reason: 'MEMORY_FULL',
      facts: { bytes: 12 },
      violations: [{ field: 'batchSize', description: 'must be smaller' }],
      retryable: true,
      cause: new Error('inner'),
    });
  },
  throw: async () => {
    throw new TypeError('not a number');
  },
  countTo: async (payload, { progress }) => {
    for (let i = 1; i <= Number(payload); i++) progress({ i, values: Float32Array.of(i) });
    return 'counted';
  },
  block: async (payload, { progress }) => {
    progress('blocking');
    // The message leaves before the thread stops.
    await nextTurn();
    blockUntil(String(payload));
    return payload;
  },
  untilCancelled: (_, { signal, progress }) => {
    const cancelled = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });
    progress('waiting');
    return cancelled;
  },
  ignoreCancel: (_, { signal, progress }) => {
    const done = new Promise((resolve) => signal.addEventListener('abort', () => resolve('done anyway')));
    progress('waiting');
    return done;
  },
  exitSaying: async (payload) => {
    process.stderr.write(String(payload));
    process.exit(3);
  },
  /** Holds a connection for as long as this process lives. */
  stayConnected: async (payload) => {
    await connected(Number(payload));
    return new Promise(() => {});
  },
  /** The same, and hears nothing. */
  blockConnected: async (payload) => {
    await connected(Number(payload));
    blockUntil('never.there');
  },
});
