// Matrix products of core's port `Matrices` on TensorFlow's kernels, in strict float32. A held matrix is copied into a
// variable when it first stands on the right; the rows on the left are fed, so a product costs no copy but its block.

import { AppError, type HeldMatrix, type Matrices, type NdArray, type RowRange } from '@alarena/core';
import { Graph } from '../graph/graph.js';
import { matMul } from '../graph/ops/linear.js';
import { constantInts, deepCopy, rowsFrom } from '../graph/ops/shape.js';
import { assign } from '../graph/ops/update.js';
import { compile } from '../graph/saved-model.js';
import type { Session } from './session.js';

/**
 * The port on this process's TensorFlow, which loads at the first product unless it has before. For products with few
 * rows (matrix times vector) put those on the left: they are fed, what stands on the right stays where it is.
 */
export function tensorflowMatrices(): Matrices {
  const sessions = new Sessions();
  return {
    hold: (matrix) => new ResidentMatrix(matrix, sessions),
    products: (a, rowsOfA, b, rowsOfB) => {
      if (!(a instanceof ResidentMatrix && b instanceof ResidentMatrix)) {
        throw new TypeError('the matrices are held by another implementation');
      }
      return b.productsWith(a, rowsOfA, rowsOfB);
    },
  };
}

/** Sessions of one graph, each of which holds a matrix: the next matrix takes over one that is free, as compiling takes a while. */
class Sessions {
  readonly #free: Session[] = [];

  take(): Session {
    return this.#free.pop() ?? compile(productGraph());
  }

  /** One stays, without its matrix. */
  giveBack(session: Session): void {
    if (this.#free.length > 0) {
      session.dispose();
      return;
    }
    session.run('hold', { matrix: { shape: [0, 0], values: new Float32Array(0) } });
    this.#free.push(session);
  }
}

class ResidentMatrix implements HeldMatrix {
  readonly rows: number;
  readonly width: number;
  readonly #sessions: Sessions;
  #data: Float32Array | undefined;
  #session: Session | undefined;

  constructor({ shape, data }: NdArray<'float32'>, sessions: Sessions) {
    [this.rows = 0, this.width = 0] = shape;
    this.#data = data;
    this.#sessions = sessions;
  }

  productsWith(left: ResidentMatrix, rowsOfLeft: RowRange, rows: RowRange): Float32Array {
    if (left.width !== this.width) {
      throw new AppError('internal', `products of rows of ${left.width} and of ${this.width} values`);
    }
    const [leftCount, count] = [rowsOfLeft.to - rowsOfLeft.from, rows.to - rows.from];
    if (leftCount === 0 || count === 0) return new Float32Array(0);
    const { products } = this.#resident().run('products', {
      left: { shape: [leftCount, this.width], values: left.rowsOf(rowsOfLeft) },
      begin: { shape: [2], values: Int32Array.of(rows.from, 0) },
      size: { shape: [2], values: Int32Array.of(count, this.width) },
    });
    if (products?.values instanceof Float32Array) return products.values;
    throw new AppError('internal', 'products came back as another type');
  }

  rowsOf({ from, to }: RowRange): Float32Array {
    return this.#held().subarray(from * this.width, to * this.width);
  }

  release(): void {
    this.#data = undefined;
    if (this.#session !== undefined) this.#sessions.giveBack(this.#session);
    this.#session = undefined;
  }

  #held(): Float32Array {
    if (this.#data === undefined) throw new AppError('failed-precondition', 'the matrix is released');
    return this.#data;
  }

  #resident(): Session {
    const data = this.#held();
    if (this.#session === undefined) {
      const { rows, width } = this;
      this.#session = this.#sessions.take();
      this.#session.run('hold', { matrix: { shape: [rows, width], values: data } });
    }
    return this.#session;
  }
}

function productGraph(): Graph {
  const graph = new Graph();
  const held = graph.variable('held', [null, null]);
  const matrix = graph.placeholder('matrix', 'float32', [null, null]);
  const left = graph.placeholder('left', 'float32', [null, null]);
  const begin = graph.placeholder('begin', 'int32', [2]);
  const size = graph.placeholder('size', 'int32', [2]);
  graph.signature('hold', {
    inputs: { matrix },
    outputs: { held: constantInts(graph, [0]) },
    after: [assign(held, deepCopy(matrix))],
  });
  const right = rowsFrom(held.value, begin, size);
  graph.signature('products', {
    inputs: { left, begin, size },
    outputs: { products: matMul(left, right, { b: true }) },
  });
  return graph;
}
