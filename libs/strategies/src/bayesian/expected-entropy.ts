// Entropies of many mixtures of one sample's predictions, the inner loop of BatchBALD and EPIG: four mixtures times two
// classes at a time, so that the sums stay in registers. The order of additions is fixed.

import { pLogP } from '../algorithms/entropies.js';

/**
 * Probabilities of one sample by class: of class c by pass t at c · T + t. Classes are filled up to an even number by
 * one of probability 0.
 */
export type PassTable = Float64Array;

/** The mixtures come in fours: of these many mixtures, filled up with ones of weight 0. */
export function inFours(count: number): number {
  return 4 * Math.ceil(count / 4);
}

const float = new Float32Array(8);
const bits = new Int32Array(float.buffer);

/** Σ_m w_m H(Σ_t mixtures[m, t] q_t) in nats; `mixtures` has T shares for each of the weights, a multiple of four. */
export function expectedEntropy(weights: Float64Array, mixtures: Float64Array, table: PassTable): number {
  const count = weights.length;
  const passes = count === 0 ? 0 : mixtures.length / count;
  let expected = 0;
  for (let m = 0; m < count; m += 4) {
    const rowA = m * passes;
    let [sumA, sumB, sumC, sumD] = [0, 0, 0, 0];
    for (let column = 0; column < table.length; column += 2 * passes) {
      let [a0, a1, b0, b1, c0, c1, d0, d1] = [0, 0, 0, 0, 0, 0, 0, 0];
      let a = rowA;
      let b = a + passes;
      let c = b + passes;
      let d = c + passes;
      for (let at = column, end = column + passes; at < end; at++, a++, b++, c++, d++) {
        const p0 = table[at] as number;
        const p1 = table[at + passes] as number;
        const shareA = mixtures[a] as number;
        const shareB = mixtures[b] as number;
        const shareC = mixtures[c] as number;
        const shareD = mixtures[d] as number;
        a0 += shareA * p0;
        a1 += shareA * p1;
        b0 += shareB * p0;
        b1 += shareB * p1;
        c0 += shareC * p0;
        c1 += shareC * p1;
        d0 += shareD * p0;
        d1 += shareD * p1;
      }
      float[0] = a0;
      float[1] = a1;
      float[2] = b0;
      float[3] = b1;
      float[4] = c0;
      float[5] = c1;
      float[6] = d0;
      float[7] = d1;
      sumA -= pLogP(a0, bits[0] as number) + pLogP(a1, bits[1] as number);
      sumB -= pLogP(b0, bits[2] as number) + pLogP(b1, bits[3] as number);
      sumC -= pLogP(c0, bits[4] as number) + pLogP(c1, bits[5] as number);
      sumD -= pLogP(d0, bits[6] as number) + pLogP(d1, bits[7] as number);
    }
    expected +=
      (weights[m] as number) * sumA +
      (weights[m + 1] as number) * sumB +
      (weights[m + 2] as number) * sumC +
      (weights[m + 3] as number) * sumD;
  }
  return expected;
}
