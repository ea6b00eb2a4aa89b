// Rows of a pool in ascending order of id, so that whatever goes by position (sums, ties, blocks) does not depend on the
// order in which the pool happens to come. Free where it comes by id already.

import { type NdArray, ndarray } from '@alarena/core';

/** What `CheckedPool` and `KnownSamples` have in common. */
interface Samples {
  readonly ids: Int32Array;
  readonly order: Int32Array;
}

export function idsInOrder({ ids, order }: Samples): Int32Array {
  return order.map((position) => ids[position] as number);
}

/** The ids of both, each by ascending id. */
export function idsOfBoth(a: Samples, b: Samples): Int32Array {
  const ids = new Int32Array(a.ids.length + b.ids.length);
  ids.set(idsInOrder(a));
  ids.set(idsInOrder(b), a.ids.length);
  return ids;
}

/** The rows (of an N x width array) of these samples by ascending id. */
export function rowsById({ order }: Samples, array: NdArray<'float32'>): NdArray<'float32'> {
  if (order.every((position, at) => position === at)) return array;
  return rowsAtPositions(array, order);
}

export function rowsAtPositions(
  { shape, data }: NdArray<'float32'>,
  positions: ArrayLike<number>,
): NdArray<'float32'> {
  const width = shape[1] ?? 0;
  const rows = new Float32Array(positions.length * width);
  for (let row = 0; row < positions.length; row++) {
    const from = (positions[row] as number) * width;
    rows.set(data.subarray(from, from + width), row * width);
  }
  return ndarray('float32', [positions.length, width], rows);
}

/** The rows of both, one after the other. */
export function stacked(a: NdArray<'float32'>, b: NdArray<'float32'>): NdArray<'float32'> {
  const rows = new Float32Array(a.data.length + b.data.length);
  rows.set(a.data);
  rows.set(b.data, a.data.length);
  return ndarray('float32', [(a.shape[0] ?? 0) + (b.shape[0] ?? 0), a.shape[1] ?? 0], rows);
}

/** Rows scaled to length 1; a row of zeros stays one. */
export function unitRows({ shape, data }: NdArray<'float32'>): NdArray<'float32'> {
  const [rows = 0, width = 0] = shape;
  const scaled = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    const [from, to] = [row * width, (row + 1) * width];
    let squared = 0;
    for (let at = from; at < to; at++) squared += (data[at] as number) ** 2;
    const length = Math.sqrt(squared) || 1;
    for (let at = from; at < to; at++) scaled[at] = (data[at] as number) / length;
  }
  return ndarray('float32', shape, scaled);
}
