// Arrays in the store: row-major little-endian bytes as a blob, and a reference that travels in messages.

import {
  AppError,
  bytesOf,
  bytesPerElement,
  type DType,
  type FieldViolation,
  fromBytes,
  type NdArray,
  sizeOf,
} from '@alarena/core';
import { blobKey, getBlob, type PutBlobOptions, putBlob } from './blobs.js';
import { readBytes } from './bytes.js';
import { keyOfUri, uriOf } from './object-keys.js';
import type { ObjectStore } from './object-store.js';

export interface ArrayRef {
  readonly uri: string;
  /** Lower-case hex SHA-256 of the bytes. */
  readonly sha256: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
}

export async function putArray(
  store: ObjectStore,
  array: NdArray,
  options: PutBlobOptions = {},
): Promise<ArrayRef> {
  const { digest } = await putBlob(store, bytesOf(array), options);
  return { uri: uriOf(blobKey(digest)), sha256: digest, dtype: array.dtype, shape: array.shape };
}

/** The whole array, its digest checked: `data-loss` with facts `digest` and `key` when it is corrupt. */
export async function getArray(
  store: ObjectStore,
  ref: ArrayRef,
  options: ReadOptions = {},
): Promise<NdArray> {
  checkRef(ref);
  const sizeBytes = sizeOf(ref.shape) * bytesPerElement[ref.dtype];
  return fromBytes(ref.dtype, ref.shape, await getBlob(store, { digest: ref.sha256, sizeBytes }, options));
}

/** `getArray` for an array that must hold floats: `data-loss` where the reference says otherwise. */
export async function getFloats(
  store: ObjectStore,
  ref: ArrayRef,
  options: ReadOptions = {},
): Promise<NdArray<'float32'>> {
  const array = await getArray(store, ref, options);
  if (isFloats(array)) return array;
  throw new AppError('data-loss', `${ref.uri} should hold float32 and is referred to as ${array.dtype}`, {
    reason: 'STORE_ARRAY_TYPE',
    facts: { key: keyOfUri(ref.uri), dtype: array.dtype },
  });
}

function isFloats(array: NdArray): array is NdArray<'float32'> {
  return array.dtype === 'float32';
}

/**
 * Rows [rowStart, rowStart + rowCount) along the first axis, without reading the others. The digest is of the whole
 * array, so flipped bits are not noticed here, only a length that is wrong; read the whole array where that matters.
 */
export async function getArrayRows(
  store: ObjectStore,
  ref: ArrayRef,
  rowStart: number,
  rowCount: number,
  options: ReadOptions = {},
): Promise<NdArray> {
  checkRef(ref);
  const [rows, ...rowShape] = ref.shape;
  if (rows === undefined) throw new RangeError('an array without axes has no rows');
  if (!isCount(rowStart) || !isCount(rowCount) || rowStart + rowCount > rows) {
    throw new RangeError(`rows [${rowStart}, ${rowStart + rowCount}) are not within the array's ${rows}`);
  }
  const rowBytes = sizeOf(rowShape) * bytesPerElement[ref.dtype];
  const length = rowCount * rowBytes;
  const shape = [rowCount, ...rowShape];
  if (length === 0) return fromBytes(ref.dtype, shape, new Uint8Array(0));
  const key = blobKey(ref.sha256);
  const { info, body } = await store.get(key, {
    range: { offset: rowStart * rowBytes, length },
    signal: options.signal,
  });
  const bytes = await readBytes(body, length);
  if (info.sizeBytes !== rows * rowBytes || bytes.byteLength !== length) {
    throw new AppError(
      'data-loss',
      `${key} does not have the size of an array of shape [${ref.shape.join(', ')}]`,
      {
        reason: 'STORE_BLOB_CORRUPT',
        facts: { digest: ref.sha256, key },
      },
    );
  }
  return fromBytes(ref.dtype, shape, bytes);
}

/** References come from messages and files: every mistake in one is named. */
function checkRef(ref: ArrayRef): void {
  const violations: FieldViolation[] = [];
  if (!(ref.dtype in bytesPerElement)) {
    violations.push({
      field: 'dtype',
      description: `must be one of ${Object.keys(bytesPerElement).join(', ')}, got ${JSON.stringify(ref.dtype)}`,
    });
  }
  if (!ref.shape.every(isCount)) {
    violations.push({
      field: 'shape',
      description: `must hold integers of at least 0, got [${ref.shape.join(', ')}]`,
    });
  }
  if (keyOfUri(ref.uri) !== blobKey(ref.sha256)) {
    violations.push({ field: 'uri', description: `must be ${uriOf(blobKey(ref.sha256))}, got ${ref.uri}` });
  }
  if (violations.length > 0) throw AppError.invalid('not a reference to an array', violations);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
