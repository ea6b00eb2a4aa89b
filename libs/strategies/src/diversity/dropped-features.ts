// In how many passes with dropout on its features a linear classifier predicts another class for a sample.

import type { CounterRandom, NdArray } from '@alarena/core';
import { argmax } from './argmax.js';
import { DRAW } from './draws.js';

/** Says of each of a row's features whether a pass keeps it: 1, or 0. */
export type Masks = (row: number, pass: number, kept: Uint8Array) => void;

/** Each feature of each sample is dropped by itself with chance `dropout`, named by the sample's id. */
export function randomMasks(draws: CounterRandom, ids: Int32Array, dropout: number): Masks {
  const least = dropout * 2 ** 32;
  const words = new Uint32Array(4);
  return (row, pass, kept) => {
    const blocks = Math.ceil(kept.length / words.length);
    for (let block = 0; block < blocks; block++) {
      draws.words(ids[row] as number, DRAW.masks + pass * blocks + block, words);
      for (let word = 0; word < words.length; word++) {
        kept[block * words.length + word] = Number((words[word] as number) >= least);
      }
    }
  };
}

/**
 * Of each row of `features` (N x d) the number of `passes` that change its class. `classifier`: C x (d + 1) with the
 * bias last. What is kept is scaled by 1 / (1 - `dropout`), as where a network is trained with dropout.
 */
export function classChanges(
  features: NdArray<'float32'>,
  classifier: NdArray<'float32'>,
  { passes, dropout, masks }: { readonly passes: number; readonly dropout: number; readonly masks: Masks },
): Int32Array {
  const [size = 0, width = 0] = features.shape;
  const [classes = 0] = classifier.shape;
  const changes = new Int32Array(size);
  const kept = new Uint8Array(width);
  const all = new Uint8Array(width).fill(1);
  const logits = new Float64Array(classes);
  const places = new Int32Array(width);
  const values = new Float64Array(width);
  const predicted = (row: number, mask: Uint8Array, scale: number): number => {
    let count = 0;
    for (let at = 0; at < width; at++) {
      const value = features.data[row * width + at] as number;
      if (mask[at] === 0 || value === 0) continue;
      places[count] = at;
      values[count++] = scale * value;
    }
    for (let c = 0; c < classes; c++) {
      const weights = c * (width + 1);
      let sum = classifier.data[weights + width] as number;
      for (let i = 0; i < count; i++) {
        sum += (classifier.data[weights + (places[i] as number)] as number) * (values[i] as number);
      }
      logits[c] = sum;
    }
    return argmax(logits, 0, classes);
  };
  for (let row = 0; row < size; row++) {
    const whole = predicted(row, all, 1);
    for (let pass = 0; pass < passes; pass++) {
      masks(row, pass, kept);
      if (predicted(row, kept, 1 / (1 - dropout)) !== whole) changes[row] = (changes[row] as number) + 1;
    }
  }
  return changes;
}
