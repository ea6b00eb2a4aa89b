// Outer products x ⊗ y of the rows of two matrices as points, without making them:
// (x_i ⊗ y_i) · (x_j ⊗ y_j) = (x_i · x_j)(y_i · y_j).

import { dot } from '../vectors.js';
import type { Points, RowSpace } from './space.js';

export class ProductPoints implements Points {
  readonly size: number;
  readonly squaredNorms: Float64Array;
  readonly norms: Float64Array;
  readonly #x: RowSpace;
  readonly #y: RowSpace;

  constructor(x: RowSpace, y: RowSpace) {
    this.size = x.size;
    this.squaredNorms = x.squaredNorms.map((squared, i) => squared * (y.squaredNorms[i] as number));
    this.norms = x.norms.map((norm, i) => norm * (y.norms[i] as number));
    this.#x = x;
    this.#y = y;
  }

  squaredDistance(i: number, j: number): number {
    const [x, y] = [this.#x, this.#y];
    const product =
      dot(x.data, i * x.width, x.data, j * x.width, x.width) *
      dot(y.data, i * y.width, y.data, j * y.width, y.width);
    const sum = (this.squaredNorms[i] as number) + (this.squaredNorms[j] as number);
    return Math.max(0, sum - 2 * product);
  }
}
