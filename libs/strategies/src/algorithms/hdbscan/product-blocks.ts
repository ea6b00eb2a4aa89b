// Neighbours in many dimensions, by blocks of matrix products. One pass over the symmetric blocks keeps, of each row,
// the nearest others and a lower bound on the distance to each block; later searches multiply only the rows and blocks
// that these cannot decide. Memory: the rows, a block, and O(N (neighbours + blocks)).

import { type NdArray, ndarray } from '@alarena/core';
import type { Tools } from '../../tools.js';
import { BlockSearch } from './block-search.js';
import { BlockTable } from './block-table.js';
import { DistanceBounds } from './distance-bounds.js';
import { localOrder } from './locality.js';
import { NearestLists } from './nearest-lists.js';
import { scanBlock } from './scan-block.js';
import type { NeighbourIndex, Round } from './spanning-tree.js';

/** Rows of a block, at least, and blocks, at most, unless told otherwise. */
const LEAST_ROWS = 384;
const MOST_BLOCKS = 256;
/** The pass's part of the progress told; the tree has the rest. */
export const PASS_SHARE = 0.8;

export interface Neighbours {
  /** The length of the lists. */
  readonly kept: number;
  /** How many places of each list must be right. */
  readonly needed: number;
}

export class ProductBlocks implements NeighbourIndex {
  readonly size: number;
  readonly points: Int32Array;
  readonly nearest: NearestLists;
  readonly #tools: Tools;
  readonly #table: BlockTable;

  /** `rows`: the row of each point. */
  constructor(
    x: NdArray<'float32'>,
    rows: Int32Array,
    { kept, needed }: Neighbours,
    tools: Tools,
    blockRows = Math.max(LEAST_ROWS, Math.ceil(rows.length / MOST_BLOCKS)),
  ) {
    this.#tools = tools;
    this.size = rows.length;
    this.points = localOrder(x, rows, tools.matrices, blockRows / 2);
    const bounds = new DistanceBounds(
      x,
      this.points.map((point) => rows[point] as number),
    );
    const held = tools.matrices.hold(ndarray('float32', [bounds.size, bounds.width], bounds.rows));
    this.#table = new BlockTable(bounds, held, blockRows);
    this.nearest = new NearestLists(this.size, kept);
    try {
      this.#scan();
      this.#settle(needed);
    } catch (error) {
      held.release();
      throw error;
    }
  }

  search(round: Round): void {
    new BlockSearch(this.#table, this.nearest, this.#tools.matrices, round).run();
  }

  release(): void {
    this.#table.held.release();
  }

  /** The pass over all blocks on and above the diagonal, nearest to it first, so that lists are good early. */
  #scan(): void {
    const table = this.#table;
    const { bounds, held, count } = table;
    const all = (count * (count + 1)) / 2;
    let done = 0;
    for (let apart = 0; apart < count; apart++) {
      for (let block = 0; block + apart < count; block++) {
        const [rows, columns] = [table.range(block), table.range(block + apart)];
        const products = this.#tools.matrices.products(held, rows, held, columns);
        scanBlock({ products, rows, columns, bounds, nearest: this.nearest }, (point, to, least) => {
          table.lower(point, to === 'columns' ? block + apart : block, least);
        });
        this.#tools.progress((PASS_SHARE * ++done) / all);
      }
    }
  }

  /** Turns the bounds in the lists into distances; what a list lacks is no nearer than its last bound. */
  #settle(needed: number): void {
    const { length, others, squared, beyond } = this.nearest;
    const isPartial = length < this.size - 1;
    for (let at = 0; at < this.size; at++) {
      if (isPartial) beyond[at] = this.nearest.last(at);
      const [from, to] = [at * length, (at + 1) * length];
      const found = others.slice(from, to);
      squared.fill(Number.POSITIVE_INFINITY, from, to);
      for (const other of found) this.nearest.insert(at, other, this.#table.bounds.exact(at, other));
      const farthest = squared[from + Math.min(needed, length) - 1] as number;
      if (farthest > (beyond[at] as number)) this.#relist(at);
    }
  }

  /** The list of one row by distances instead of bounds, where the bounds leave its first places open. */
  #relist(at: number): void {
    const table = this.#table;
    const { length, others, squared, beyond } = this.nearest;
    others.fill(-1, at * length, (at + 1) * length);
    squared.fill(Number.POSITIVE_INFINITY, at * length, (at + 1) * length);
    for (let block = 0; block < table.count; block++) {
      if (table.least(at, block) >= this.nearest.last(at)) continue;
      const { from, to } = table.range(block);
      for (let other = from; other < to; other++) {
        if (other === at) continue;
        const last = this.nearest.last(at);
        const distance = table.bounds.exact(at, other, last);
        if (distance < last) this.nearest.insert(at, other, distance);
      }
    }
    beyond[at] = this.nearest.last(at);
  }
}
