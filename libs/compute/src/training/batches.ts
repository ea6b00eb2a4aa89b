// The order in which a fit sees its labelled set.

import { type Random, shuffle } from '@alarena/core';

/**
 * Row numbers of each step of one epoch. The set is reshuffled and walked through until `minSteps` steps are made,
 * always to its end: 20 samples in batches of 64 would otherwise be one step an epoch, and early stopping would end
 * before anything is learnt. A last batch of one sample joins the batch before it, since batch normalisation has no
 * variance over one.
 */
export function* epochBatches(
  samples: number,
  batchSize: number,
  minSteps: number,
  random: Random,
): Generator<Int32Array> {
  const order = Int32Array.from({ length: samples }, (_, row) => row);
  for (let steps = 0; steps < Math.max(minSteps, 1); ) {
    shuffle(order, random);
    for (let start = 0; start < samples; steps++) {
      const left = samples - start;
      const size = left === batchSize + 1 ? left : Math.min(batchSize, left);
      yield order.slice(start, start + size);
      start += size;
    }
  }
}

/** Rows of a table of `rowLength` values a row, in the order asked for. */
export function gatherRows(table: Uint8Array, rowLength: number, rows: Int32Array): Uint8Array {
  const gathered = new Uint8Array(rows.length * rowLength);
  rows.forEach((row, i) => {
    gathered.set(table.subarray(row * rowLength, (row + 1) * rowLength), i * rowLength);
  });
  return gathered;
}
