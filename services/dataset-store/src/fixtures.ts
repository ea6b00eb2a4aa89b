// For tests only: folders of small IDX files, a home, and a service on a real gRPC server.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { dataset } from '@alarena/api';
import { AppError } from '@alarena/core';
import { type ClientOf, createClient, createGrpcServer } from '@alarena/grpc';
import { FilesystemStore } from '@alarena/store';
import { createLogger } from '@alarena/telemetry';
import { createDatasetServer, type DatasetServer } from './server.js';

const HEIGHT = 5;
const WIDTH = 4;
export const SAMPLE_BYTES = HEIGHT * WIDTH;
export const CLASSES = 7;

/** 32-bit header words, then `values`. */
export function idx(words: readonly number[], values: Uint8Array): Buffer {
  const head = Buffer.alloc(words.length * 4);
  words.forEach((word, i) => {
    head.writeUInt32BE(word, i * 4);
  });
  return Buffer.concat([head, values]);
}

export function imageOf(id: number): Uint8Array {
  return Uint8Array.from({ length: SAMPLE_BYTES }, (_, i) => (id * 13 + i * 5 + (id >> 4)) % 256);
}

export function labelOf(id: number): number {
  return (id * 3) % CLASSES;
}

export type IdxFolder = Record<string, Buffer>;

/** Ids 0 to train - 1 and train to train + test - 1. */
export function idxFolder(train = 900, test = 200): IdxFolder {
  const images = (first: number, count: number) =>
    idx(
      [0x803, count, HEIGHT, WIDTH],
      Buffer.concat(Array.from({ length: count }, (_, i) => imageOf(first + i))),
    );
  const labels = (first: number, count: number) =>
    idx(
      [0x801, count],
      Uint8Array.from({ length: count }, (_, i) => labelOf(first + i)),
    );
  return {
    'train-images-idx3-ubyte': images(0, train),
    'train-labels-idx1-ubyte': labels(0, train),
    't10k-images-idx3-ubyte': images(train, test),
    't10k-labels-idx1-ubyte': labels(train, test),
  };
}

export function gzipped(folder: IdxFolder): IdxFolder {
  return Object.fromEntries(Object.entries(folder).map(([name, bytes]) => [`${name}.gz`, gzipSync(bytes)]));
}

export interface Home {
  readonly folder: string;
  readonly store: FilesystemStore;
  readonly workFolder: string;
  readonly server: DatasetServer;
  /** Writes the files into a folder of that name and returns its path. */
  source(name: string, files: IdxFolder): Promise<string>;
  keys(prefix: string): Promise<string[]>;
}

export async function withHome<T>(use: (home: Home) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'alarena-dataset-store-'));
  const store = new FilesystemStore(join(folder, 'store'));
  const workFolder = join(folder, 'tmp');
  const server = createDatasetServer({
    store,
    workFolder,
    cacheFolder: join(folder, 'cache'),
    shardBytes: 256 * SAMPLE_BYTES,
  });
  const source = async (name: string, files: IdxFolder): Promise<string> => {
    const path = join(folder, name);
    await mkdir(path, { recursive: true });
    for (const [file, bytes] of Object.entries(files)) await writeFile(join(path, file), bytes);
    return path;
  };
  const keys = async (prefix: string): Promise<string[]> => {
    const found: string[] = [];
    for await (const { key } of store.list(prefix)) found.push(key);
    return found;
  };
  try {
    return await use({ folder, store, workFolder, server, source, keys });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export async function withClient<T>(
  home: Pick<Home, 'server'>,
  use: (client: ClientOf<typeof dataset.DatasetServiceService>) => Promise<T>,
): Promise<T> {
  const logger = createLogger({ service: 'test', level: 'silent' });
  const server = createGrpcServer({ services: [home.server.service], logger, reflection: false });
  const port = await server.start({ host: '127.0.0.1', port: 0 });
  const client = createClient(dataset.DatasetServiceService, `127.0.0.1:${port}`);
  try {
    return await use(client);
  } finally {
    client.close();
    assert.ok(await server.shutdown({ limitMs: 10_000 }), 'a handler did not end by itself');
  }
}

/** For assert.rejects: an AppError of that code whose message fits. */
export function appError(code: string, text: RegExp): (error: unknown) => boolean {
  return (error) => {
    if (error instanceof AppError && error.code === code && text.test(error.message)) return true;
    throw error;
  };
}
