// For tests only: NPY files as numpy writes them, and a small pool with everything a strategy may ask for.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type NdArray, namedRandom, ndarray } from '@alarena/core';
import type { PickRequest } from './request.js';

export function npy({ dtype, shape, data }: NdArray): Buffer {
  const descr = { float32: '<f4', int32: '<i4', uint8: '|u1' }[dtype];
  const extents = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const head = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${extents}), }`;
  const length = 64 * Math.ceil((10 + head.length + 1) / 64) - 10;
  const prefix = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, length & 0xff, length >> 8]);
  const values = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.concat([prefix, Buffer.from(`${head.padEnd(length - 1)}\n`), values]);
}

const SAMPLES = 60;
const CLASSES = 4;
/** As many passes as any strategy needs. */
const PASSES = 50;
const WIDTH = 5;

export const labelledRows = [3, 9, 10, 27, 40, 41, 58];
export const validationRows = [0, 11, 12, 13, 30, 31, 32, 33, 50, 59];

export type Arrays = Required<PickRequest['arrays']> & Record<'labels' | 'classifier', string>;

/** Every array of one small data set, all of its samples in each. */
export function smallArrays(): Readonly<Record<keyof Arrays, NdArray>> {
  const random = namedRandom(5, 'small arrays');
  const layer = (...shape: number[]): NdArray<'float32'> => {
    const size = shape.reduce((product, extent) => product * extent, 1);
    return ndarray(
      'float32',
      shape,
      Float32Array.from({ length: size }, () => random.normal()),
    );
  };
  const softmax = (...shape: number[]): NdArray<'float32'> => {
    const { data } = layer(...shape, CLASSES);
    for (let at = 0; at < data.length; at += CLASSES) {
      const row = data.subarray(at, at + CLASSES);
      const weights = row.map((x) => Math.exp(2 * x));
      const sum = weights.reduce((total, weight) => total + weight, 0);
      row.set(weights.map((weight) => weight / sum));
    }
    return ndarray('float32', [...shape, CLASSES], data);
  };
  return {
    probabilities: softmax(SAMPLES),
    monteCarlo: softmax(PASSES, SAMPLES),
    z: layer(SAMPLES, WIDTH),
    a0: layer(SAMPLES, WIDTH),
    a1: layer(SAMPLES, WIDTH),
    a2: layer(SAMPLES, CLASSES),
    h: layer(SAMPLES, WIDTH),
    labels: ndarray(
      'int32',
      [SAMPLES],
      Int32Array.from({ length: SAMPLES }, (_, row) => row % CLASSES),
    ),
    classifier: layer(CLASSES, WIDTH + 1),
  };
}

/** Files `<name>.npy` of them, and the rows as `labelled.json` and `validation.npy`. */
export async function writeArrays(
  folder: string,
  arrays: Readonly<Record<string, NdArray>> = smallArrays(),
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, array] of Object.entries(arrays))
    await writeFile(join(folder, `${name}.npy`), npy(array));
  await writeFile(join(folder, 'labelled.json'), JSON.stringify(labelledRows));
  const rows = ndarray('int32', [validationRows.length], Int32Array.from(validationRows));
  await writeFile(join(folder, 'validation.npy'), npy(rows));
}
