// What a strategy is told beside the pool: the labelled set, the validation set and the model's last layer. An empty
// labelled set is fine here; a strategy that needs labels says so itself.

import { AppError, type FieldViolation, type NdArray } from '@alarena/core';
import { ascending } from './ascending.js';
import { checkShape, checkValues } from './check-signals.js';
import type { KnownSignal, KnownView, PoolView, StrategyDescriptor } from './strategy.js';

type RowSignal = Exclude<KnownSignal, 'labels'>;

/** Samples whose labels are known, checked. */
export interface KnownSamples {
  readonly size: number;
  readonly ids: Int32Array;
  /** Positions in ascending order of id. */
  readonly order: Int32Array;
  /** A declared signal: `size` rows. */
  signal(name: RowSignal): NdArray<'float32'>;
  /** Class of each sample, where declared. */
  labels(): Int32Array;
}

type SetName = 'labelled' | 'validation';

export class KnownChecks {
  readonly #descriptor: StrategyDescriptor;
  readonly #pool: PoolView;

  constructor(descriptor: StrategyDescriptor, pool: PoolView) {
    this.#descriptor = descriptor;
    this.#pool = pool;
  }

  violations(): FieldViolation[] {
    return [
      ...this.#setViolations('labelled'),
      ...this.#setViolations('validation'),
      ...this.#classifierViolations(),
    ];
  }

  /** After the shapes have been found right. */
  checkValues(): void {
    for (const set of ['labelled', 'validation'] as const) {
      const view = this.#pool[set];
      if (view === undefined || view.ids.length === 0) continue;
      for (const name of this.#rowSignals(set)) {
        const array = view.signals[name];
        if (array !== undefined) checkValues(`${set}.signals.${name}`, name, array, view.ids);
      }
    }
    const { classifier } = this.#pool;
    if (this.#descriptor.classifier && classifier?.data.some((weight) => !Number.isFinite(weight))) {
      const description = 'must hold finite weights';
      throw AppError.invalid(`${this.#descriptor.name} cannot pick:`, [{ field: 'classifier', description }]);
    }
  }

  known(set: SetName): KnownSamples {
    const view = this.#pool[set];
    const wanted = this.#wanted(set);
    const undeclared = (name: string): AppError =>
      new AppError(
        'internal',
        `${this.#descriptor.name} reads ${name} of the ${set} set, which it does not declare`,
      );
    const ids = view?.ids ?? new Int32Array(0);
    return {
      ...{ size: ids.length, ids, order: ascending(ids) },
      signal: (name) => {
        const array = view?.signals[name];
        if (array !== undefined && wanted.includes(name)) return array;
        throw undeclared(name);
      },
      labels: () => {
        if (view?.labels !== undefined && wanted.includes('labels')) return view.labels;
        throw undeclared('labels');
      },
    };
  }

  classifier(): NdArray<'float32'> {
    const { classifier } = this.#pool;
    if (classifier !== undefined && this.#descriptor.classifier) return classifier;
    throw new AppError(
      'internal',
      `${this.#descriptor.name} reads the classifier, which it does not declare`,
    );
  }

  #wanted(set: SetName): readonly KnownSignal[] {
    const { labelledSignals, validationSignals = [] } = this.#descriptor;
    return set === 'labelled' ? labelledSignals : validationSignals;
  }

  #rowSignals(set: SetName): RowSignal[] {
    return this.#wanted(set).filter((name) => name !== 'labels');
  }

  #setViolations(set: SetName): FieldViolation[] {
    if (this.#wanted(set).length === 0) return [];
    const { name } = this.#descriptor;
    const view = this.#pool[set];
    if (view === undefined || (set === 'validation' && view.ids.length === 0)) {
      const description =
        set === 'labelled'
          ? `${name} measures against the labelled set; give an empty one where there is none`
          : `${name} learns from the validation set, and there is none`;
      return [{ field: set, description }];
    }
    const size = view.ids.length;
    return size === 0
      ? []
      : [
          ...this.#rowSignals(set).flatMap((signal) => this.#signalViolations(set, view, signal)),
          ...this.#labelViolations(set, view),
        ];
  }

  #signalViolations(set: SetName, view: KnownView, name: RowSignal): FieldViolation[] {
    const field = `${set}.signals.${name}`;
    const array = view.signals[name];
    const found = checkShape(this.#descriptor, field, name, array, view.ids.length);
    const [width, poolWidth] = [array?.shape[1], this.#pool.signals[name]?.shape[1]];
    if (found.length > 0 || poolWidth === undefined || width === poolWidth) return found;
    return [{ field, description: `must be as wide as the pool's (${poolWidth}), got ${width}` }];
  }

  #labelViolations(set: SetName, { ids, labels, signals }: KnownView): FieldViolation[] {
    if (!this.#wanted(set).includes('labels')) return [];
    const field = `${set}.labels`;
    if (labels === undefined)
      return [{ field, description: `${this.#descriptor.name} needs them, and they are missing` }];
    if (labels.length !== ids.length) {
      return [{ field, description: `must be ${ids.length}, one per sample, got ${labels.length}` }];
    }
    const classes =
      (this.#pool.signals.probabilities ?? signals.probabilities)?.shape[1] ?? Number.POSITIVE_INFINITY;
    const wrong = labels.findIndex((label) => label < 0 || label >= classes);
    if (wrong < 0) return [];
    return [
      {
        field,
        description: `must be classes from 0 to ${classes - 1}, got ${labels[wrong]} for sample ${ids[wrong]}`,
      },
    ];
  }

  #classifierViolations(): FieldViolation[] {
    if (!this.#descriptor.classifier) return [];
    const { classifier, signals } = this.#pool;
    const field = 'classifier';
    if (classifier === undefined)
      return [{ field, description: `${this.#descriptor.name} needs it, and it is missing` }];
    const { shape } = classifier;
    const classes = signals.probabilities?.shape[1] ?? shape[0] ?? 0;
    const width = signals.h?.shape[1] ?? (shape[1] ?? 1) - 1;
    if (shape.length === 2 && shape[0] === classes && shape[1] === width + 1) return [];
    const description = `must have the shape ${classes} x ${width + 1} (weights, bias last), got ${shape.join(' x ')}`;
    return [{ field, description }];
  }
}
