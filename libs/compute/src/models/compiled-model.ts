// A model as one compiled graph: training step, evaluation, prediction, Monte-Carlo passes and access to the
// weights are signatures over the same variables.

import { AppError, type NdArray, ndarray, type Random } from '@alarena/core';
import type {
  Batch,
  Evaluation,
  Layer,
  MaskLayer,
  Model,
  ModelSpec,
  OptimizerSpec,
  Signals,
  TrainStep,
} from '../model.js';
import type { Feed, Fetched, Session } from '../tensorflow/session.js';
import { buildModelGraph } from './build.js';
import { checkBatch, checkSpec, checkWeights, countPasses, countSamples } from './check.js';
import type { Network } from './network.js';

/** Builds the model's graph and opens a session on it. The weights have no values yet. */
export function openModel(spec: ModelSpec, optimizer: OptimizerSpec): Model {
  checkSpec(spec, optimizer);
  return new CompiledModel(spec, optimizer);
}

function floats(fetched: Fetched | undefined): Float32Array {
  if (fetched?.values instanceof Float32Array) return fetched.values;
  throw new AppError('internal', 'expected float32 output');
}

/** Index of the largest value of each row, ties to the lower one. */
function argmaxRows(values: Float32Array, width: number): Int32Array {
  return Int32Array.from({ length: values.length / width }, (_, row) => {
    let best = row * width;
    for (let i = best + 1; i < (row + 1) * width; i++) {
      if ((values[i] as number) > (values[best] as number)) best = i;
    }
    return best - row * width;
  });
}

class CompiledModel implements Model {
  readonly spec: ModelSpec;
  readonly layerWidths: ReadonlyMap<Layer, number>;
  readonly maskLayers: readonly MaskLayer[];
  readonly #network: Network;
  readonly #optimizerState: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly #session: Session;
  readonly #monteCarloFeeds: ((masks: readonly Float32Array[]) => Readonly<Record<string, Feed>>) | undefined;
  #ready = false;

  constructor(spec: ModelSpec, optimizer: OptimizerSpec) {
    const built = buildModelGraph(spec, optimizer);
    this.spec = spec;
    this.layerWidths = built.layerWidths;
    this.maskLayers = built.network.maskLayers;
    this.#network = built.network;
    this.#optimizerState = built.slots.map(({ variable, shape }) => ({ name: variable.name, shape }));
    this.#session = built.session;
    this.#monteCarloFeeds = built.monteCarloFeeds;
  }

  initialise(random: Random): void {
    this.setWeights(
      new Map(
        this.#network.weights.map((weight) => [
          weight.name,
          ndarray('float32', weight.shape, weight.draw(random)),
        ]),
      ),
    );
  }

  trainStep(batch: Batch, { learningRate, dropoutSeed }: TrainStep): number {
    this.#requireWeights();
    const count = checkBatch(this.spec, batch);
    const feeds: Record<string, Feed> = {
      images: this.#images(batch.images, count),
      labels: { shape: [count], values: batch.labels },
      learningRate: { shape: [], values: Float32Array.of(learningRate) },
    };
    if (this.maskLayers.length > 0) {
      feeds.dropoutSeed = { shape: [2], values: Int32Array.from(dropoutSeed) };
    }
    return floats(this.#session.run('train', feeds).loss)[0] as number;
  }

  evaluate(batch: Batch): Evaluation {
    this.#requireWeights();
    const count = checkBatch(this.spec, batch);
    const predicted = new Int32Array(count);
    let total = 0;
    this.#chunks(batch.images, count, (images, start) => {
      const size = images.shape[0] as number;
      const labels = { shape: [size], values: batch.labels.subarray(start, start + size) };
      const { losses, logits } = this.#session.run('evaluate', { images, labels });
      for (const loss of floats(losses)) total += loss;
      predicted.set(argmaxRows(floats(logits), this.spec.classes), start);
    });
    return { loss: total / count, predicted };
  }

  predict(
    images: Uint8Array,
    wanted: { readonly probabilities: boolean; readonly layers: readonly Layer[] },
  ): Signals {
    this.#requireWeights();
    const count = countSamples(this.spec, images);
    const missing = wanted.layers.filter((layer) => !this.layerWidths.has(layer));
    if (missing.length > 0) {
      throw AppError.invalid(`this ${this.spec.architecture} lacks a layer`, [
        {
          field: 'layers',
          description: `must be of ${[...this.layerWidths.keys()].join(', ')}, got ${missing.join(', ')}`,
        },
      ]);
    }
    const widths = new Map<string, number>(
      wanted.layers.map((layer) => [layer, this.layerWidths.get(layer) ?? 0]),
    );
    if (wanted.probabilities) widths.set('probabilities', this.spec.classes);
    const arrays = new Map([...widths].map(([name, width]) => [name, new Float32Array(count * width)]));
    if (arrays.size > 0) {
      this.#chunks(images, count, (chunk, start) => {
        const outputs = this.#session.run('predict', { images: chunk }, [...arrays.keys()]);
        for (const [name, array] of arrays) array.set(floats(outputs[name]), start * (widths.get(name) ?? 0));
      });
    }
    const layers = new Map(wanted.layers.map((layer) => [layer, arrays.get(layer) ?? new Float32Array(0)]));
    const probabilities = arrays.get('probabilities');
    return probabilities === undefined ? { layers } : { probabilities, layers };
  }

  predictMonteCarlo(images: Uint8Array, masks: readonly Float32Array[]): Float32Array {
    this.#requireWeights();
    const count = countSamples(this.spec, images);
    const passes = countPasses(this.maskLayers, masks);
    const { classes } = this.spec;
    const result = new Float32Array(passes * count * classes);
    const passFeeds = Array.from({ length: passes }, (_, pass) =>
      this.#monteCarloFeeds?.(
        this.maskLayers.map(({ units }, l) =>
          (masks[l] as Float32Array).subarray(pass * units, (pass + 1) * units),
        ),
      ),
    );
    this.#chunks(images, count, (chunk, start) => {
      this.#session.run('monteCarloShared', { images: chunk });
      for (const [pass, feeds] of passFeeds.entries()) {
        const { probabilities } = this.#session.run('monteCarloPass', feeds ?? {});
        result.set(floats(probabilities), (pass * count + start) * classes);
      }
    });
    return result;
  }

  classifier(): NdArray<'float32'> {
    this.#requireWeights();
    const read = this.#session.run('classifier', {});
    const [weight, bias] = [floats(read.weight), floats(read.bias)];
    const { classes } = this.spec;
    const width = weight.length / classes;
    const rows = new Float32Array(classes * (width + 1));
    for (let c = 0; c < classes; c++) {
      for (let i = 0; i < width; i++) rows[c * (width + 1) + i] = weight[i * classes + c] as number;
      rows[c * (width + 1) + width] = bias[c] as number;
    }
    return ndarray('float32', [classes, width + 1], rows);
  }

  getWeights(): ReadonlyMap<string, NdArray<'float32'>> {
    this.#requireWeights();
    return this.#read('getWeights', this.#network.weights);
  }

  setWeights(weights: ReadonlyMap<string, NdArray<'float32'>>): void {
    checkWeights(this.#network.weights, weights);
    this.#write('setWeights', weights);
    this.#ready = true;
  }

  getOptimizerState(): ReadonlyMap<string, NdArray<'float32'>> {
    this.#requireWeights();
    return this.#read('getOptimizer', this.#optimizerState);
  }

  setOptimizerState(state: ReadonlyMap<string, NdArray<'float32'>>): void {
    this.#requireWeights();
    checkWeights(this.#optimizerState, state);
    this.#write('setOptimizer', state);
  }

  dispose(): void {
    this.#session.dispose();
  }

  #read(
    signature: string,
    variables: readonly { readonly name: string; readonly shape: readonly number[] }[],
  ): ReadonlyMap<string, NdArray<'float32'>> {
    const values = this.#session.run(signature, {});
    return new Map(
      variables.map(({ name, shape }) => [name, ndarray('float32', shape, floats(values[name]))]),
    );
  }

  #write(signature: string, arrays: ReadonlyMap<string, NdArray<'float32'>>): void {
    const feeds: Record<string, Feed> = {};
    for (const [name, { shape, data }] of arrays) feeds[name] = { shape, values: data };
    this.#session.run(signature, feeds);
  }

  #requireWeights(): void {
    if (!this.#ready) {
      throw new AppError(
        'failed-precondition',
        'the model has no weights: call initialise or setWeights first',
      );
    }
  }

  #images(images: Uint8Array, count: number): Feed {
    return { shape: [count, ...this.spec.sampleShape], values: images };
  }

  /** Calls `run` on consecutive samples, `inferenceBatch` at a time. */
  #chunks(images: Uint8Array, count: number, run: (chunk: Feed, start: number) => void): void {
    const sampleSize = images.length / count;
    for (let start = 0; start < count; start += this.#network.inferenceBatch) {
      const end = Math.min(count, start + this.#network.inferenceBatch);
      run(this.#images(images.subarray(start * sampleSize, end * sampleSize), end - start), start);
    }
  }
}
