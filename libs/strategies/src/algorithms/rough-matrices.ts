// Products as wrong as the port allows, in another way for each seed: for tests that nothing is decided by them alone.

import {
  type HeldMatrix,
  type Matrices,
  type NdArray,
  namedRandom,
  productError,
  scalarMatrices,
} from '@alarena/core';
import { squaredNorms } from '../vectors.js';

interface Rough extends HeldMatrix {
  readonly exact: HeldMatrix;
  readonly squaredNorms: Float64Array;
}

export function roughMatrices(seed: number): Matrices {
  const random = namedRandom(seed, 'rough matrices');
  const held = new Map<HeldMatrix, Rough>();
  const roughOf = (matrix: HeldMatrix): Rough => {
    const rough = held.get(matrix);
    if (rough === undefined) throw new TypeError('not held');
    return rough;
  };
  return {
    hold: (matrix: NdArray<'float32'>) => {
      const [rows = 0, width = 0] = matrix.shape;
      const exact = scalarMatrices.hold(matrix);
      const rough: Rough = {
        ...{ rows, width, exact, squaredNorms: squaredNorms(matrix.data, rows, width) },
        release: () => held.delete(rough),
      };
      held.set(rough, rough);
      return rough;
    },
    products: (a, rowsOfA, b, rowsOfB) => {
      const [left, right] = [roughOf(a), roughOf(b)];
      const products = scalarMatrices.products(left.exact, rowsOfA, right.exact, rowsOfB);
      const columns = rowsOfB.to - rowsOfB.from;
      // Room for the rounding of the scalar products themselves.
      const error = productError(a.width) - 2 * 2 ** -24;
      return products.map((product, at) => {
        const i = rowsOfA.from + Math.floor(at / columns);
        const j = rowsOfB.from + (at % columns);
        const scale = Math.sqrt((left.squaredNorms[i] as number) * (right.squaredNorms[j] as number));
        return product + (random.uniform() < 0.5 ? -1 : 1) * error * scale;
      });
    },
  };
}
