// An order of points in which near ones mostly stand together: by the nearest of some points taken at equal steps, those
// in a chain of nearest neighbours. Only speed depends on it.

import { type Matrices, type NdArray, ndarray } from '@alarena/core';
import { squaredNorms } from '../../vectors.js';

/** Landmarks, at most. */
const MOST = 512;
/** Rows a product takes at once. */
const ROWS = 1024;

/** Positions among `rows` of the rows of `x`, about `rowsEach` to a landmark. */
export function localOrder(
  x: NdArray<'float32'>,
  rows: Int32Array,
  matrices: Matrices,
  rowsEach: number,
): Int32Array {
  const [size = 0, width = 0] = x.shape;
  const count = Math.min(MOST, Math.max(1, Math.ceil(rows.length / rowsEach)));
  const landmarks = chain(landmarksOf(x.data, rows, width, count), count, width);
  const halfNorms = squaredNorms(landmarks, count, width).map((squared) => squared / 2);
  const held = matrices.hold(x);
  const heldLandmarks = matrices.hold(ndarray('float32', [count, width], landmarks));
  const nearest = new Int32Array(size);
  for (let from = 0; from < size; from += ROWS) {
    const to = Math.min(from + ROWS, size);
    const products = matrices.products(held, { from, to }, heldLandmarks, { from: 0, to: count });
    for (let row = from; row < to; row++) {
      let best = Number.NEGATIVE_INFINITY;
      for (let at = 0; at < count; at++) {
        const closeness = (products[(row - from) * count + at] as number) - (halfNorms[at] as number);
        if (closeness > best) {
          best = closeness;
          nearest[row] = at;
        }
      }
    }
  }
  heldLandmarks.release();
  held.release();
  return sortedBy(
    rows.map((row) => nearest[row] as number),
    count,
  );
}

function landmarksOf(data: Float32Array, rows: Int32Array, width: number, count: number): Float32Array {
  const landmarks = new Float32Array(count * width);
  for (let at = 0; at < count; at++) {
    const row = rows[Math.floor((at * rows.length) / count)] as number;
    landmarks.set(data.subarray(row * width, (row + 1) * width), at * width);
  }
  return landmarks;
}

/** Each landmark followed by the nearest that is left. */
function chain(landmarks: Float32Array, count: number, width: number): Float32Array {
  const chained = new Float32Array(landmarks.length);
  const left = Array.from({ length: count }, (_, at) => at);
  let next = 0;
  for (let at = 0; at < count; at++) {
    const offset = (left[next] as number) * width;
    left.splice(next, 1);
    chained.set(landmarks.subarray(offset, offset + width), at * width);
    let least = Number.POSITIVE_INFINITY;
    left.forEach((other, place) => {
      let squared = 0;
      for (let i = 0; i < width; i++) {
        squared += ((landmarks[offset + i] as number) - (landmarks[other * width + i] as number)) ** 2;
      }
      if (squared < least) [least, next] = [squared, place];
    });
  }
  return chained;
}

/** Counting sort: positions by ascending key, equal keys as they were. */
function sortedBy(keys: Int32Array, count: number): Int32Array {
  const starts = new Int32Array(count + 1);
  for (const key of keys) starts[key + 1] = (starts[key + 1] as number) + 1;
  for (let key = 0; key < count; key++)
    starts[key + 1] = (starts[key + 1] as number) + (starts[key] as number);
  const order = new Int32Array(keys.length);
  keys.forEach((key, position) => {
    order[starts[key] as number] = position;
    starts[key] = (starts[key] as number) + 1;
  });
  return order;
}
