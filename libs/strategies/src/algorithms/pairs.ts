// All pairs of samples, in blocks of products: memory is bounded by a block, and each pair comes once.

import type { RowSpace } from './space.js';

/** Few rows, so that little is computed twice on the diagonal; many columns: 32 MB of products. */
const ROWS = 512;
const COLUMNS = 16_384;

/** Products of rows `from`..`to` with columns `start`..`end`, row-major. Pairs with column > row count. */
export interface PairBlock {
  readonly from: number;
  readonly to: number;
  readonly start: number;
  readonly end: number;
  readonly products: Float32Array;
}

/** Blocks on and above the diagonal, row of blocks by row of blocks. */
export function* pairBlocks(space: RowSpace, progress: (fraction: number) => void): Generator<PairBlock> {
  const { size } = space;
  for (let from = 0; from < size; from += ROWS) {
    const to = Math.min(from + ROWS, size);
    for (let start = from; start < size; start += COLUMNS) {
      const end = Math.min(start + COLUMNS, size);
      const products = space.productsBetween({ from, to }, { from: start, to: end });
      yield { from, to, start, end, products };
    }
    progress(1 - (1 - to / size) ** 2);
  }
}
