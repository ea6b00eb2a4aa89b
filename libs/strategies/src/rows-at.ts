// Some samples of a pool or of a known set, in any order.

import { type NdArray, ndarray } from '@alarena/core';
import type { KnownView, PoolView } from './strategy.js';

/** What is known of the samples at these positions; all else stays as it is. */
export function rowsAt<V extends PoolView | KnownView>(view: V, positions: Int32Array): V {
  const size = view.ids.length;
  const signals = Object.entries<NdArray<'float32'> | undefined>(view.signals).flatMap(([name, array]) =>
    array === undefined ? [] : [[name, arrayRowsAt(array, size, positions)]],
  );
  const labels = 'labels' in view ? view.labels : undefined;
  return {
    ...view,
    ids: positions.map((position) => view.ids[position] as number),
    signals: Object.fromEntries(signals),
    ...(labels && { labels: positions.map((position) => labels[position] as number) }),
  };
}

/** Rows of an N x W array, or those of every pass of a T x N x W one. */
function arrayRowsAt(array: NdArray<'float32'>, size: number, positions: Int32Array): NdArray<'float32'> {
  const width = array.shape.at(-1) ?? 0;
  const passes = array.shape.length === 3 ? (array.shape[0] ?? 0) : 1;
  const data = new Float32Array(passes * positions.length * width);
  for (let pass = 0; pass < passes; pass++) {
    positions.forEach((from, to) => {
      const start = (pass * size + from) * width;
      data.set(array.data.subarray(start, start + width), (pass * positions.length + to) * width);
    });
  }
  return ndarray('float32', [...array.shape.slice(0, -2), positions.length, width], data);
}
