// Points in blocks of rows, and for each point and block a lower bound on the squared distance to every point of the
// block outside the point's component: what lets a search leave most blocks alone.

import type { HeldMatrix, RowRange } from '@alarena/core';
import type { DistanceBounds } from './distance-bounds.js';

export class BlockTable {
  readonly bounds: DistanceBounds;
  /** The rows of `bounds`. */
  readonly held: HeldMatrix;
  readonly blockRows: number;
  readonly count: number;
  readonly #least: Float64Array;

  constructor(bounds: DistanceBounds, held: HeldMatrix, blockRows: number) {
    this.bounds = bounds;
    this.held = held;
    this.blockRows = blockRows;
    this.count = Math.ceil(bounds.size / blockRows);
    this.#least = new Float64Array(bounds.size * this.count).fill(Number.POSITIVE_INFINITY);
  }

  range(block: number): RowRange {
    const from = block * this.blockRows;
    return { from, to: Math.min(from + this.blockRows, this.bounds.size) };
  }

  least(point: number, block: number): number {
    return this.#least[point * this.count + block] as number;
  }

  lower(point: number, block: number, least: number): void {
    if (least < this.least(point, block)) this.set(point, block, least);
  }

  /** For a search of the whole block: components only grow, so what it left out stays out. */
  set(point: number, block: number, least: number): void {
    this.#least[point * this.count + block] = least;
  }
}
