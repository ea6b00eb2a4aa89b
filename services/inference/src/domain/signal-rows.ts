// Signals of some consecutive samples, filled in by blocks and put as one array each.

import type { Model, SignalArrays } from '@alarena/compute';
import { ndarray } from '@alarena/core';
import { type ArrayRef, type ObjectStore, type PutBlobOptions, putArray } from '@alarena/store';
import type { InferInputs, Layer } from '@alarena/tasks';

/** Arrays of the same samples. */
export interface RowRefs {
  readonly probabilities?: ArrayRef;
  readonly monteCarlo?: ArrayRef;
  readonly layers: ReadonlyMap<Layer, ArrayRef>;
}

/** Most values that one signal has of one sample. */
export function widestRow(model: Model, inputs: InferInputs): number {
  const { classes } = model.spec;
  const layers = inputs.layers.map((layer) => model.layerWidths.get(layer) ?? 0);
  return Math.max(inputs.probabilities ? classes : 0, inputs.monteCarloPasses * classes, ...layers);
}

export class SignalRows {
  readonly #rows: number;
  readonly #classes: number;
  readonly #passes: number;
  readonly #probabilities: Float32Array | undefined;
  readonly #monteCarlo: Float32Array | undefined;
  readonly #layers: ReadonlyMap<Layer, { readonly width: number; readonly values: Float32Array }>;

  constructor(model: Model, inputs: InferInputs, rows: number) {
    const { classes } = model.spec;
    this.#rows = rows;
    this.#classes = classes;
    this.#passes = inputs.monteCarloPasses;
    this.#probabilities = inputs.probabilities ? new Float32Array(rows * classes) : undefined;
    this.#monteCarlo = this.#passes > 0 ? new Float32Array(this.#passes * rows * classes) : undefined;
    this.#layers = new Map(
      inputs.layers.map((layer) => {
        const width = model.layerWidths.get(layer) ?? 0;
        return [layer, { width, values: new Float32Array(rows * width) }];
      }),
    );
  }

  /** Signals of `count` samples, the first of them in row `start`. */
  set(start: number, count: number, signals: SignalArrays): void {
    if (signals.probabilities) this.#probabilities?.set(signals.probabilities, start * this.#classes);
    for (let t = 0; t < this.#passes; t++) {
      const pass = signals.monteCarlo?.subarray(t * count * this.#classes, (t + 1) * count * this.#classes);
      if (pass) this.#monteCarlo?.set(pass, (t * this.#rows + start) * this.#classes);
    }
    for (const [layer, { width, values }] of this.#layers) {
      const part = signals.layers.get(layer);
      if (part) values.set(part, start * width);
    }
  }

  async put(store: ObjectStore, options: PutBlobOptions): Promise<RowRefs> {
    const put = (shape: readonly number[], values: Float32Array): Promise<ArrayRef> =>
      putArray(store, ndarray('float32', shape, values), options);
    const layers = new Map<Layer, ArrayRef>();
    for (const [layer, { width, values }] of this.#layers) {
      layers.set(layer, await put([this.#rows, width], values));
    }
    const [probabilities, monteCarlo] = [this.#probabilities, this.#monteCarlo];
    return {
      ...(probabilities && { probabilities: await put([this.#rows, this.#classes], probabilities) }),
      ...(monteCarlo && { monteCarlo: await put([this.#passes, this.#rows, this.#classes], monteCarlo) }),
      layers,
    };
  }
}
