// One block of products on its way through: the least bound of each row and column, and what belongs in their lists.

import type { RowRange } from '@alarena/core';
import type { DistanceBounds } from './distance-bounds.js';
import type { NearestLists } from './nearest-lists.js';

export interface ProductBlock {
  /** Row-major. */
  readonly products: Float32Array;
  /** Where the two are equal, only what is above the diagonal counts. */
  readonly rows: RowRange;
  readonly columns: RowRange;
  readonly bounds: DistanceBounds;
  readonly nearest: NearestLists;
}

/** Tells of each point of the block a lower bound on its squared distance to all of the other side. */
export function scanBlock(
  block: ProductBlock,
  lower: (point: number, to: 'rows' | 'columns', least: number) => void,
): void {
  const { products, rows, columns, bounds, nearest } = block;
  const { half, factor } = bounds;
  const width = columns.to - columns.from;
  const halves = half.subarray(columns.from, columns.to);
  const mostOfColumns = new Float64Array(width).fill(Number.NEGATIVE_INFINITY);
  for (let row = rows.from; row < rows.to; row++) {
    const own = half[row] as number;
    const base = (row - rows.from) * width;
    const first = firstColumn(block, row);
    const most = mostOfRow(products.subarray(base, base + width), first, own, halves, mostOfColumns);
    const least = factor * (most - own);
    lower(row, 'columns', least);
    let last = nearest.last(row);
    if (least >= last) continue;
    for (let column = first; column < width; column++) {
      const bound = factor * ((products[base + column] as number) - (halves[column] as number) - own);
      if (bound >= last) continue;
      nearest.insert(row, columns.from + column, bound);
      last = nearest.last(row);
    }
  }
  const near: number[] = [];
  mostOfColumns.forEach((most, column) => {
    const least = factor * (most - (halves[column] as number));
    lower(columns.from + column, 'rows', least);
    if (least < nearest.last(columns.from + column)) near.push(column);
  });
  if (near.length > 0) fillColumns(block, Int32Array.from(near));
}

function firstColumn({ rows, columns }: ProductBlock, row: number): number {
  return rows.from === columns.from ? row + 1 - rows.from : 0;
}

/**
 * The most of product - half of the column over a row, and of product - half of the row over each column. It is most of
 * the work outside of the products, so it takes two columns at once.
 */
function mostOfRow(
  products: Float32Array,
  first: number,
  own: number,
  halves: Float64Array,
  mostOfColumns: Float64Array,
): number {
  let [a, b] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let column = first;
  for (; column + 1 < products.length; column += 2) {
    const p = products[column] as number;
    const q = products[column + 1] as number;
    const toRowP = p - (halves[column] as number);
    const toRowQ = q - (halves[column + 1] as number);
    if (toRowP > a) a = toRowP;
    if (toRowQ > b) b = toRowQ;
    const toColumnP = p - own;
    const toColumnQ = q - own;
    if (toColumnP > (mostOfColumns[column] as number)) mostOfColumns[column] = toColumnP;
    if (toColumnQ > (mostOfColumns[column + 1] as number)) mostOfColumns[column + 1] = toColumnQ;
  }
  if (column < products.length) {
    const p = products[column] as number;
    a = Math.max(a, p - (halves[column] as number));
    mostOfColumns[column] = Math.max(mostOfColumns[column] as number, p - own);
  }
  return Math.max(a, b);
}

/** The lists of some columns; row by row, since products lie so. */
function fillColumns(block: ProductBlock, near: Int32Array): void {
  const { products, rows, columns, bounds, nearest } = block;
  const { half, factor } = bounds;
  const width = columns.to - columns.from;
  const isDiagonal = rows.from === columns.from;
  const last = Float64Array.from(near, (column) => nearest.last(columns.from + column));
  for (let row = rows.from; row < rows.to; row++) {
    const own = half[row] as number;
    const base = (row - rows.from) * width;
    for (let at = 0; at < near.length; at++) {
      const column = near[at] as number;
      const point = columns.from + column;
      if (isDiagonal && row >= point) continue;
      const bound = factor * ((products[base + column] as number) - own - (half[point] as number));
      if (bound >= (last[at] as number)) continue;
      nearest.insert(point, row, bound);
      last[at] = nearest.last(point);
    }
  }
}
