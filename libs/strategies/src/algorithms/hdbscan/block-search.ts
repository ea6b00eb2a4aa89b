// The shortest edges out of components that lists of nearest others leave open, over blocks of products: only rows and
// blocks whose lower bounds admit a shorter edge are looked at.

import { type Matrices, ndarray, type RowRange } from '@alarena/core';
import type { BlockTable } from './block-table.js';
import type { NearestLists } from './nearest-lists.js';
import type { Round } from './spanning-tree.js';

/** Blocks that each component tries by their best row before any is multiplied. */
const PROBES = 3;
/** For fewer rows than this, distances one by one are faster than a product. */
const LEAST_PRODUCT = 6;
/** Values of a product that serves many blocks of rows. */
const MOST_VALUES = 2 ** 22;

export class BlockSearch {
  readonly #table: BlockTable;
  readonly #nearest: NearestLists;
  readonly #matrices: Matrices;
  readonly #round: Round;
  /** Of each block: the component that has most of its rows, and the rows that are not its. */
  readonly #majority: Int32Array;
  readonly #others: readonly Int32Array[];

  constructor(table: BlockTable, nearest: NearestLists, matrices: Matrices, round: Round) {
    this.#table = table;
    this.#nearest = nearest;
    this.#matrices = matrices;
    this.#round = round;
    const blocks = Array.from({ length: table.count }, (_, block) => table.range(block));
    this.#majority = Int32Array.from(blocks, (range) => majorityOf(round.component, range));
    this.#others = blocks.map((range, block) => {
      const owner = this.#majority[block];
      return positions(range).filter((at) => round.component[at] !== owner);
    });
  }

  run(): void {
    const { component } = this.#round;
    const open = this.#openRows();
    if (open.length === 0) return;
    for (let probe = 0; probe < PROBES; probe++) this.#probe(open);
    for (let block = 0; block < this.#table.count; block++) {
      const rows = open.filter((at) => this.#mayReach(at, block));
      const owner = this.#majority[block];
      const inside = rows.filter((at) => component[at] === owner);
      const [first, last] = [inside[0] ?? 0, inside.at(-1) ?? 0];
      const others = this.#others[block] as Int32Array;
      // Most rows of a block's own component look for its few others: those are multiplied then, with a range of rows.
      if (others.length * (last + 1 - first) < inside.length * this.#table.blockRows) {
        this.#multiplyOthers(inside, others, block);
        this.#look(
          rows.filter((at) => component[at] !== owner),
          block,
        );
      } else this.#look(rows, block);
    }
  }

  /** Rows of wanted components that may have the shortest edge and whose lists cannot tell. */
  #openRows(): Int32Array {
    const { component, wanted, cores, best } = this.#round;
    return positions({ from: 0, to: component.length }).filter((at) => {
      const own = component[at] as number;
      const least = this.#nearest.beyond[at] as number;
      return wanted[own] === 1 && best.admits(own, Math.max(least, cores[at] as number), least);
    });
  }

  #mayReach(at: number, block: number): boolean {
    const { component, cores, best } = this.#round;
    const own = component[at] as number;
    if (this.#majority[block] === own && (this.#others[block] as Int32Array).length === 0) return false;
    const least = this.#bound(at, block);
    return best.admits(own, Math.max(least, cores[at] as number), least);
  }

  /** A lower bound on the squared distance of a row to what its list lacks of a block outside its component. */
  #bound(at: number, block: number): number {
    return Math.max(this.#table.least(at, block), this.#nearest.beyond[at] as number);
  }

  /** Lets the most promising row and block of each component find an edge, so that most others need not be looked at. */
  #probe(open: Int32Array): void {
    const { component } = this.#round;
    const found = new Map<number, { at: number; block: number; least: number }>();
    for (const at of open) {
      const own = component[at] as number;
      let probe = found.get(own);
      for (let block = 0; block < this.#table.count; block++) {
        const least = this.#bound(at, block);
        if ((probe !== undefined && least >= probe.least) || !this.#mayReach(at, block)) continue;
        probe = { at, block, least };
        found.set(own, probe);
      }
    }
    for (const { at, block } of found.values()) this.#walk(at, block);
  }

  #look(rows: Int32Array, block: number): void {
    if (rows.length < LEAST_PRODUCT) for (const at of rows) this.#walk(at, block);
    else this.#multiplyRows(rows, block);
  }

  /** One by one, each distance only as far as it may matter. */
  #walk(at: number, block: number): void {
    const { component, cores, best } = this.#round;
    const own = component[at] as number;
    const core = cores[at] as number;
    const { from, to } = this.#table.range(block);
    let least = Number.POSITIVE_INFINITY;
    for (let other = from; other < to; other++) {
      if (component[other] === own) continue;
      const limit = best.weight[own] as number;
      // What is just above the limit is a lower bound only; a distance equal to it must be told apart from that.
      const squared = this.#table.bounds.exact(at, other, limit * (1 + Number.EPSILON) + Number.MIN_VALUE);
      if (squared < least) least = squared;
      if (squared <= limit) {
        best.offer(own, Math.max(squared, core, cores[other] as number), squared, at, other);
      }
    }
    this.#table.set(at, block, least);
  }

  /** Some rows times a block. */
  #multiplyRows(rows: Int32Array, block: number): void {
    const range = this.#table.range(block);
    const others = positions(range);
    for (let start = 0; start < rows.length; start += this.#table.blockRows) {
      const part = rows.subarray(start, start + this.#table.blockRows);
      const products = this.#products(part, range);
      part.forEach((at, row) => {
        this.#table.set(at, block, this.#weigh(at, others, products, row * others.length, 1));
      });
    }
  }

  /** The others of a block times a range of rows, all of the block's own component. */
  #multiplyOthers(rows: Int32Array, others: Int32Array, block: number): void {
    const step = Math.max(1, Math.floor(MOST_VALUES / Math.max(1, others.length)));
    for (let start = 0; start < rows.length; ) {
      const from = rows[start] as number;
      let end = start + 1;
      while (end < rows.length && (rows[end] as number) < from + step) end++;
      const part = rows.subarray(start, end);
      const to = (part.at(-1) as number) + 1;
      const products = this.#products(others, { from, to });
      for (const at of part) {
        this.#table.set(at, block, this.#weigh(at, others, products, at - from, to - from));
      }
      start = end;
    }
  }

  /**
   * Offers the edges from a point to others that their products, one every `step` from `first`, do not rule out. Gives a
   * lower bound on the squared distance to those outside the point's component.
   */
  #weigh(at: number, others: Int32Array, products: Float32Array, first: number, step: number): number {
    const { component, cores, best } = this.#round;
    const { half, factor } = this.#table.bounds;
    const own = component[at] as number;
    const core = cores[at] as number;
    const ownHalf = half[at] as number;
    let least = Number.POSITIVE_INFINITY;
    let limit = best.weight[own] as number;
    for (let place = 0; place < others.length; place++) {
      const other = others[place] as number;
      if (component[other] === own) continue;
      let squared = factor * ((products[first + place * step] as number) - ownHalf - (half[other] as number));
      if (squared <= limit) {
        const weight = Math.max(squared, core, cores[other] as number);
        if (best.admits(own, weight, squared)) {
          squared = this.#table.bounds.exact(at, other);
          best.offer(own, Math.max(squared, core, cores[other] as number), squared, at, other);
          limit = best.weight[own] as number;
        }
      }
      if (squared < least) least = squared;
    }
    return least;
  }

  #products(rows: Int32Array, range: RowRange): Float32Array {
    const { rows: data, width } = this.#table.bounds;
    const gathered = new Float32Array(rows.length * width);
    rows.forEach((at, row) => {
      gathered.set(data.subarray(at * width, (at + 1) * width), row * width);
    });
    const held = this.#matrices.hold(ndarray('float32', [rows.length, width], gathered));
    try {
      return this.#matrices.products(held, { from: 0, to: rows.length }, this.#table.held, range);
    } finally {
      held.release();
    }
  }
}

function positions({ from, to }: RowRange): Int32Array {
  return Int32Array.from({ length: to - from }, (_, at) => from + at);
}

function majorityOf(component: Int32Array, { from, to }: RowRange): number {
  const counts = new Map<number, number>();
  let most = component[from] as number;
  for (let at = from; at < to; at++) {
    const own = component[at] as number;
    const count = (counts.get(own) ?? 0) + 1;
    counts.set(own, count);
    if (count > (counts.get(most) ?? 0)) most = own;
  }
  return most;
}
