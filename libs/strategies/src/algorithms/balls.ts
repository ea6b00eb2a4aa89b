// Which samples lie within a radius of which (strictly nearer, float64): the pairs as lists where these fit into memory,
// computed again where they are asked for else.

import { BLOCK_VALUES, longest, margins, type RowSpace } from './space.js';

/** Balls of one radius around every sample. A sample lies in its own, whatever the radius. */
export interface Balls {
  /** How many of the samples not covered each ball holds. */
  counts(covered: Uint8Array): Int32Array;
  /** Tells of each of these samples which other ones it is near to. */
  visit(positions: readonly number[], near: (position: number, other: number) => void): void;
}

/** Whether ‖x_i - x_j‖² < squaredRadius, given it within `margin`. */
export function isNear(
  space: RowSpace,
  i: number,
  j: number,
  squared: number,
  margin: number,
  squaredRadius: number,
): boolean {
  if (squared + margin < squaredRadius) return true;
  if (squared - margin >= squaredRadius) return false;
  return space.squaredDistance(i, j, squaredRadius) < squaredRadius;
}

/** Pairs as they are found, up to a number. */
export class PairList {
  length = 0;
  /** More came than there is room for: the list is of no use. */
  overflown = false;
  first = new Int32Array(1024);
  second = new Int32Array(1024);
  squared = new Float64Array(1024);

  push(first: number, second: number, squared: number): void {
    if (this.length === this.first.length) this.#grow();
    if (this.overflown) return;
    this.first[this.length] = first;
    this.second[this.length] = second;
    this.squared[this.length] = squared;
    this.length++;
  }

  /** From here on the list is of no use. */
  overflow(): void {
    this.overflown = true;
    this.length = 0;
  }

  #grow(): void {
    if (2 * this.length > MOST_PAIRS) {
      this.overflow();
      return;
    }
    const [first, second, squared] = [this.first, this.second, this.squared];
    this.first = new Int32Array(2 * first.length);
    this.second = new Int32Array(2 * first.length);
    this.squared = new Float64Array(2 * first.length);
    this.first.set(first);
    this.second.set(second);
    this.squared.set(squared);
  }
}

/** 16 bytes a pair. */
const MOST_PAIRS = 2 ** 23;

/** Balls from lists of pairs, already decided. */
export class ListedBalls implements Balls {
  readonly #size: number;
  readonly #starts: Int32Array;
  readonly #others: Int32Array;

  constructor(size: number, pairs: PairList, near: (at: number) => boolean) {
    this.#size = size;
    const kept = new Uint8Array(pairs.length);
    this.#starts = new Int32Array(size + 1);
    for (let at = 0; at < pairs.length; at++) {
      if (!near(at)) continue;
      kept[at] = 1;
      for (const end of [pairs.first[at] as number, pairs.second[at] as number]) {
        this.#starts[end + 1] = (this.#starts[end + 1] as number) + 1;
      }
    }
    for (let i = 0; i < size; i++) {
      this.#starts[i + 1] = (this.#starts[i + 1] as number) + (this.#starts[i] as number);
    }
    this.#others = new Int32Array(this.#starts[size] as number);
    const next = this.#starts.slice();
    const put = (i: number, j: number): void => {
      this.#others[next[i] as number] = j;
      next[i] = (next[i] as number) + 1;
    };
    for (let at = 0; at < pairs.length; at++) {
      if (kept[at] === 0) continue;
      put(pairs.first[at] as number, pairs.second[at] as number);
      put(pairs.second[at] as number, pairs.first[at] as number);
    }
  }

  counts(covered: Uint8Array): Int32Array {
    const counts = Int32Array.from(covered, (flag) => 1 - flag);
    for (let i = 0; i < this.#size; i++) {
      const to = this.#starts[i + 1] as number;
      for (let at = this.#starts[i] as number; at < to; at++) {
        if (covered[this.#others[at] as number] === 0) counts[i] = (counts[i] as number) + 1;
      }
    }
    return counts;
  }

  visit(positions: readonly number[], near: (position: number, other: number) => void): void {
    for (const position of positions) {
      const to = this.#starts[position + 1] as number;
      for (let at = this.#starts[position] as number; at < to; at++) {
        near(position, this.#others[at] as number);
      }
    }
  }
}

/** Balls from products, made whenever they are needed. */
export class ComputedBalls implements Balls {
  readonly #space: RowSpace;
  readonly #squaredRadius: number;
  readonly #margins: Float64Array;
  readonly #progress: (fraction: number) => void;

  constructor(space: RowSpace, squaredRadius: number, progress: (fraction: number) => void) {
    this.#space = space;
    this.#squaredRadius = squaredRadius;
    this.#margins = margins(space, longest(space));
    this.#progress = progress;
  }

  counts(covered: Uint8Array): Int32Array {
    const counts = new Int32Array(covered.length);
    const open = Array.from(covered.keys()).filter((position) => covered[position] === 0);
    for (const position of open) counts[position] = 1;
    this.visit(open, (_, other) => {
      counts[other] = (counts[other] as number) + 1;
    });
    return counts;
  }

  visit(positions: readonly number[], near: (position: number, other: number) => void): void {
    const space = this.#space;
    const { size, squaredNorms } = space;
    const block = Math.max(1, Math.floor(BLOCK_VALUES / 4 / size));
    for (let start = 0; start < positions.length; start += block) {
      const some = positions.slice(start, start + block);
      const products = space.products(some);
      some.forEach((i, row) => {
        const margin = this.#margins[i] as number;
        for (let j = 0; j < size; j++) {
          const sum = (squaredNorms[i] as number) + (squaredNorms[j] as number);
          const squared = sum - 2 * (products[row * size + j] as number);
          if (j !== i && isNear(space, i, j, squared, margin, this.#squaredRadius)) near(i, j);
        }
      });
      this.#progress((start + some.length) / positions.length);
    }
  }
}
