// Products of likely next centres with all samples, made many at a time: reading the samples once for many centres costs
// little more than for one, and most of those that are far now are picked before long.

import { BLOCK_VALUES, type Space } from './space.js';

/** Centres at a time, where their products fit into a block. */
const AHEAD = 64;

export class Columns {
  readonly #space: Space;
  #columns = new Map<number, Float32Array>();

  constructor(space: Space) {
    this.#space = space;
  }

  /**
   * The products of a sample with all. Where they have to be made, so are those of the `left - 1` samples (or fewer)
   * that come first by `priority`, highest first.
   */
  take(position: number, priority: Float64Array, left: number): Float32Array {
    const column = this.#columns.get(position) ?? this.#make(position, priority, left);
    this.#columns.delete(position);
    return column;
  }

  #make(position: number, priority: Float64Array, left: number): Float32Array {
    const room = Math.max(1, Math.floor(BLOCK_VALUES / this.#space.size));
    const wanted = new Set([position, ...highest(priority, Math.min(left, AHEAD, room))]);
    const missing = [...wanted].filter((other) => !this.#columns.has(other));
    const kept = [...this.#columns].filter(([other]) => wanted.has(other));
    const { size } = this.#space;
    const products = this.#space.products(missing);
    this.#columns = new Map(kept);
    missing.forEach((other, row) => {
      this.#columns.set(other, products.subarray(row * size, (row + 1) * size));
    });
    return this.#columns.get(position) as Float32Array;
  }
}

/** Positions of the `count` highest values, in no order that matters to a result. */
function highest(values: Float64Array, count: number): number[] {
  const found: number[] = [];
  let least = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < values.length; at++) {
    const value = values[at] as number;
    if (found.length === count && value <= least) continue;
    let slot = found.length === count ? count - 1 : found.length;
    while (slot > 0 && (values[found[slot - 1] as number] as number) < value) {
      found[slot] = found[slot - 1] as number;
      slot--;
    }
    found[slot] = at;
    least = values[found[found.length - 1] as number] as number;
  }
  return found;
}
