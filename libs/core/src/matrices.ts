// Products of float32 rows, the work under every distance between many samples. The port lets pure code use TensorFlow's
// kernels where they are there. Results are approximate: whoever decides by them keeps to `productError` and computes
// close cases again in float64, so that a decision does not depend on who multiplied.

import type { NdArray } from './arrays.js';

/** Rows `from` (inclusive) to `to` (exclusive). */
export interface RowRange {
  readonly from: number;
  readonly to: number;
}

/** A matrix (rows x width) where products with it are fast, e.g. in the memory of a device. */
export interface HeldMatrix {
  readonly rows: number;
  readonly width: number;
  release(): void;
}

export interface Matrices {
  /** The data must not change while it is held. */
  hold(matrix: NdArray<'float32'>): HeldMatrix;
  /**
   * The inner products a_i · b_j of two row ranges of held matrices of one width, row-major
   * (rows of a x rows of b), each within `productError(width) ‖a_i‖ ‖b_j‖` of the exact one.
   */
  products(a: HeldMatrix, rowsOfA: RowRange, b: HeldMatrix, rowsOfB: RowRange): Float32Array;
}

/** Half the distance from 1 to the next float32. */
const UNIT_ROUNDOFF = 2 ** -24;

/**
 * The bound γ on |computed - exact| / (‖a‖ ‖b‖) of a float32 inner product of this width, whatever the order of its
 * additions, fused or not (Higham, Accuracy and Stability of Numerical Algorithms, 2002, equation 3.5).
 */
export function productError(width: number): number {
  const roundings = (width + 1) * UNIT_ROUNDOFF;
  return roundings / (1 - roundings);
}

/** The reference: sums in float64, rounded once. */
export const scalarMatrices: Matrices = {
  hold: (matrix) => new ScalarMatrix(matrix),
  products: (a, rowsOfA, b, rowsOfB) => {
    if (!(a instanceof ScalarMatrix && b instanceof ScalarMatrix)) {
      throw new TypeError('the matrices are held by another implementation');
    }
    const { width } = a;
    const columns = rowsOfB.to - rowsOfB.from;
    const out = new Float32Array((rowsOfA.to - rowsOfA.from) * columns);
    for (let i = rowsOfA.from; i < rowsOfA.to; i++) {
      for (let j = rowsOfB.from; j < rowsOfB.to; j++) {
        let sum = 0;
        for (let at = 0; at < width; at++) {
          sum += (a.data[i * width + at] as number) * (b.data[j * width + at] as number);
        }
        out[(i - rowsOfA.from) * columns + (j - rowsOfB.from)] = sum;
      }
    }
    return out;
  },
};

class ScalarMatrix implements HeldMatrix {
  readonly rows: number;
  readonly width: number;
  readonly data: Float32Array;

  constructor({ shape, data }: NdArray<'float32'>) {
    [this.rows = 0, this.width = 0] = shape;
    this.data = data;
  }

  release(): void {}
}
