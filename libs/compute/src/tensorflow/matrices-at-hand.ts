// Matrix products by the best means of this installation, for work whose results do not depend on who multiplies.

import { AppError, type Matrices, scalarMatrices } from '@alarena/core';
import { loadTensorflow, type TensorflowOptions } from './binding.js';
import { tensorflowMatrices } from './matrices.js';

/** TensorFlow's where it is installed, scalar ones elsewhere. It loads at the first product: few need one. */
export class MatricesAtHand implements Matrices {
  readonly #options: TensorflowOptions;
  #matrices: Matrices | undefined;

  constructor(options: TensorflowOptions = {}) {
    this.#options = options;
  }

  hold(...matrix: Parameters<Matrices['hold']>): ReturnType<Matrices['hold']> {
    return this.#loaded().hold(...matrix);
  }

  products(...operands: Parameters<Matrices['products']>): Float32Array {
    return this.#loaded().products(...operands);
  }

  #loaded(): Matrices {
    this.#matrices ??= hasTensorflow(this.#options) ? tensorflowMatrices() : scalarMatrices;
    return this.#matrices;
  }
}

function hasTensorflow(options: TensorflowOptions): boolean {
  try {
    loadTensorflow(options);
    return true;
  } catch (error) {
    if (AppError.from(error).reason === 'TENSORFLOW_MISSING') return false;
    throw error;
  }
}
