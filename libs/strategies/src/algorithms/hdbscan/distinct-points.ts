// Equal rows as one point each: copies are joined at distance 0, so that an index never meets them.

import type { NdArray } from '@alarena/core';

type Matrix = NdArray<'float32'>;

export interface DistinctPoints {
  /** The first row of each point, ascending. */
  readonly rows: Int32Array;
  /** How many rows each point has. */
  readonly copies: Int32Array;
  /** The point of each row. */
  readonly points: Int32Array;
}

export function distinctPoints(x: Matrix): DistinctPoints {
  const [size = 0, width = 0] = x.shape;
  const marks = marksOf(x.data, size, width);
  const byMark = Int32Array.from({ length: size }, (_, row) => row).sort(
    (a, b) => (marks[a] as number) - (marks[b] as number) || a - b,
  );
  const first = Int32Array.from({ length: size }, (_, row) => row);
  for (let at = 1; at < size; at++) {
    const row = byMark[at] as number;
    // Rows of one mark stand together, ascending: nearly always one point's.
    for (let before = at - 1; before >= 0 && marks[byMark[before] as number] === marks[row]; before--) {
      const other = first[byMark[before] as number] as number;
      if (!equalRows(x, row, other)) continue;
      first[row] = other;
      break;
    }
  }
  const rows = first.filter((of, row) => of === row);
  const points = new Int32Array(size);
  const copies = new Int32Array(rows.length);
  let next = 0;
  for (let row = 0; row < size; row++) {
    const point = first[row] === row ? next++ : (points[first[row] as number] as number);
    points[row] = point;
    copies[point] = (copies[point] as number) + 1;
  }
  return { rows, copies, points };
}

/** One number for each row: a sum with weights that hardly ever gives two different rows the same. */
function marksOf(data: Float32Array, size: number, width: number): Float64Array {
  let state = 1;
  const weights = Float64Array.from({ length: width }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return 1 + state / 2 ** 32;
  });
  const marks = new Float64Array(size);
  for (let row = 0; row < size; row++) {
    let [a, b] = [0, 0];
    const end = (row + 1) * width;
    let at = row * width;
    let i = 0;
    for (; at + 1 < end; at += 2, i += 2) {
      a += (data[at] as number) * (weights[i] as number);
      b += (data[at + 1] as number) * (weights[i + 1] as number);
    }
    if (at < end) a += (data[at] as number) * (weights[i] as number);
    marks[row] = a + b;
  }
  return marks;
}

function equalRows(x: Matrix, a: number, b: number): boolean {
  const width = x.shape[1] ?? 0;
  for (let i = 0; i < width; i++) {
    if (x.data[a * width + i] !== x.data[b * width + i]) return false;
  }
  return true;
}
