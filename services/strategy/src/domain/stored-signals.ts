// Signals of an infer task, as they lie in the store: shards of whole samples, which strategies that score samples one by
// one take as they come, and the others joined.

import { AppError, type NdArray, ndarray } from '@alarena/core';
import { type ArrayRef, getArray, getFloats, type ObjectStore } from '@alarena/store';
import type { KnownSignal, Signal } from '@alarena/strategies';
import { getResult, type IdsRef, type InferResult, readingFrom, shardsOf } from '@alarena/tasks';

export type Signals = { [S in Signal]?: NdArray<'float32'> };

interface Shard {
  readonly samples: number;
  readonly refs: ReadonlyMap<Signal, ArrayRef>;
}

export class StoredSignals {
  readonly #store: ObjectStore;
  readonly #key: string;
  readonly #signal: AbortSignal;
  readonly #result: InferResult;
  /** In ascending order of id. */
  readonly #shards: readonly Shard[];

  private constructor(
    store: ObjectStore,
    key: string,
    signal: AbortSignal,
    result: InferResult,
    shards: readonly Shard[],
  ) {
    this.#store = store;
    this.#key = key;
    this.#signal = signal;
    this.#result = result;
    this.#shards = shards;
  }

  /** The wanted signals of an infer task that was run on exactly these samples. */
  static async open(
    store: ObjectStore,
    key: string,
    samples: IdsRef,
    wanted: readonly (Signal | KnownSignal)[],
    signal: AbortSignal,
  ): Promise<StoredSignals> {
    const { inputs, result } = await getResult(store, 'infer', key);
    if (inputs.samples.sha256 !== samples.sha256) {
      throw new AppError('failed-precondition', 'the signals are of other samples than those of this query', {
        facts: { infer: key },
      });
    }
    const names = wanted.filter((name) => name !== 'labels');
    const shards = names.map((name) => ({ name, refs: shardsOfSignal(result, name, key) }));
    return new StoredSignals(store, key, signal, result, sideBySide(shards, samples.count, key));
  }

  /** Samples of each shard; none where no signal is wanted. */
  get sizes(): readonly number[] {
    return this.#shards.map(({ samples }) => samples);
  }

  async shard(at: number): Promise<Signals> {
    this.#signal.throwIfAborted();
    const signals: Signals = {};
    for (const [name, ref] of this.#shards[at]?.refs ?? []) signals[name] = await this.#floats(ref);
    return signals;
  }

  /** Signals of all samples, joined. `onShard` is told the share that has been read, in [0, 1]. */
  async whole(onShard: (fraction: number) => void = () => {}): Promise<Signals> {
    const [first] = this.#shards;
    if (first === undefined) return {};
    if (this.#shards.length === 1) return this.shard(0);
    const total = this.#shards.reduce((sum, { samples }) => sum + samples, 0);
    const joined = new Map<Signal, NdArray<'float32'>>();
    for (const [name, { shape }] of first.refs) {
      const whole = shape.with(-2, total);
      const length = whole.reduce((product, extent) => product * extent, 1);
      joined.set(name, ndarray('float32', whole, new Float32Array(length)));
    }
    let from = 0;
    for (const [at, { samples }] of this.#shards.entries()) {
      for (const [name, part] of Object.entries(await this.shard(at))) {
        const whole = joined.get(name as Signal);
        if (whole !== undefined) copyRows(part, whole, from);
      }
      from += samples;
      onShard(from / total);
    }
    return Object.fromEntries(joined);
  }

  async labels(): Promise<Int32Array> {
    const { labels } = this.#result;
    if (labels === undefined) throw missing('labels', this.#key);
    const { data } = await this.#reading(() => getArray(this.#store, labels, { signal: this.#signal }));
    if (data instanceof Int32Array) return data;
    throw new AppError('internal', 'labels came back as another type');
  }

  /** The weights of the last linear layer, the bias last. */
  async classifier(): Promise<NdArray<'float32'>> {
    const { classifier } = this.#result;
    if (classifier === undefined) throw missing('classifier', this.#key);
    return this.#floats(classifier);
  }

  #floats(ref: ArrayRef): Promise<NdArray<'float32'>> {
    return this.#reading(() => getFloats(this.#store, ref, { signal: this.#signal }));
  }

  /** What is corrupt or gone is blamed on the infer task, which is then done again. */
  #reading<T>(read: () => Promise<T>): Promise<T> {
    return readingFrom({ kind: 'infer', key: this.#key }, read);
  }
}

function shardsOfSignal(result: InferResult, name: Signal, key: string): readonly ArrayRef[] {
  const array = name === 'probabilities' || name === 'monteCarlo' ? result[name] : result.layers[name];
  const shards = shardsOf(array);
  if (shards.length === 0) throw missing(name, key);
  return shards;
}

/** All signals are cut at the same samples. */
function sideBySide(
  signals: readonly { readonly name: Signal; readonly refs: readonly ArrayRef[] }[],
  count: number,
  key: string,
): Shard[] {
  const [first] = signals;
  if (first === undefined) return [];
  const sizes = first.refs.map(({ shape }) => shape.at(-2) ?? 0);
  const shards = sizes.map((samples, at) => ({
    samples,
    refs: new Map(signals.flatMap(({ name, refs }) => (refs[at] === undefined ? [] : [[name, refs[at]]]))),
  }));
  const asCut = signals.every(
    ({ refs }) => refs.length === sizes.length && refs.every(({ shape }, at) => shape.at(-2) === sizes[at]),
  );
  if (asCut && sizes.reduce((sum, samples) => sum + samples, 0) === count) return shards;
  throw new AppError('data-loss', 'the signals of an infer task do not fit its samples', {
    reason: 'RESULT_CORRUPT',
    facts: { producerKind: 'infer', producerKey: key },
  });
}

/** Rows of every pass: of N x W arrays there is one. */
function copyRows(part: NdArray<'float32'>, whole: NdArray<'float32'>, from: number): void {
  const [rows = 0, width = 0] = part.shape.slice(-2);
  const total = whole.shape.at(-2) ?? 0;
  const passes = part.shape.length === 3 ? (part.shape[0] ?? 0) : 1;
  for (let pass = 0; pass < passes; pass++) {
    const source = part.data.subarray(pass * rows * width, (pass + 1) * rows * width);
    whole.data.set(source, (pass * total + from) * width);
  }
}

function missing(signal: string, infer: string): AppError {
  return new AppError('failed-precondition', `the infer task has no signal ${signal}`, {
    reason: 'SIGNAL_MISSING',
    facts: { signal, infer },
  });
}
