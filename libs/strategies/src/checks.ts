// The edge of every strategy: refuses what no model gives before an algorithm sees it, naming what is wrong, and
// hands the algorithm only the signals its descriptor declares.

import { AppError, type FieldViolation, type NdArray } from '@alarena/core';
import { areAscending, ascending } from './ascending.js';
import { KnownChecks, type KnownSamples } from './check-known.js';
import { checkShape, checkValues } from './check-signals.js';
import type { PoolPart, PoolView, Signal, StrategyDescriptor } from './strategy.js';

/** Samples whose ids, shapes and values have been checked. */
export interface CheckedPart {
  readonly size: number;
  readonly ids: Int32Array;
  /** Positions in ascending order of id: whatever depends on an order goes by this one. */
  readonly order: Int32Array;
  /** A declared signal: N rows, or T x N rows for `monteCarlo`. */
  signal(name: Signal): NdArray<'float32'>;
}

/** The whole pool, checked, and what is known of other samples. */
export interface CheckedPool extends CheckedPart {
  readonly labelled: KnownSamples;
  readonly validation: KnownSamples;
  /** Weights and bias of the last linear layer, C x (width + 1), where declared. */
  classifier(): NdArray<'float32'>;
}

/** `values`: false for a strategy that looks at the values of its signals itself. */
export function checkPool(
  descriptor: StrategyDescriptor,
  pool: PoolView,
  k: number,
  values = true,
): CheckedPool {
  const known = new KnownChecks(descriptor, pool);
  refuse(descriptor, [
    ...checkIds(pool.ids),
    ...checkK(k, pool.ids.length),
    ...signalViolations(descriptor, pool),
    ...known.violations(),
  ]);
  known.checkValues();
  return new Pool(descriptor, pool, known, values);
}

export function checkPart(descriptor: StrategyDescriptor, part: PoolPart, values = true): CheckedPart {
  refuse(descriptor, [...checkIds(part.ids), ...signalViolations(descriptor, part)]);
  return new Part(descriptor, part, values);
}

/** Throws where k is no size of a query of a pool of this size. */
export function checkQuery(descriptor: StrategyDescriptor, k: number, size: number): void {
  refuse(descriptor, checkK(k, size));
}

function refuse(descriptor: StrategyDescriptor, violations: FieldViolation[]): void {
  if (violations.length > 0) throw AppError.invalid(`${descriptor.name} cannot pick:`, violations);
}

function signalViolations(descriptor: StrategyDescriptor, { ids, signals }: PoolPart): FieldViolation[] {
  const violations = descriptor.signals.flatMap((name) =>
    checkShape(descriptor, `signals.${name}`, name, signals[name], ids.length),
  );
  const passes = signals.monteCarlo?.shape[0] ?? 0;
  if (descriptor.leastPasses !== undefined && passes > 0 && passes < descriptor.leastPasses) {
    const description = `${descriptor.name} needs at least ${descriptor.leastPasses} Monte-Carlo passes, got ${passes}`;
    violations.push({ field: 'signals.monteCarlo', description });
  }
  return violations;
}

class Part implements CheckedPart {
  readonly #descriptor: StrategyDescriptor;
  readonly #part: PoolPart;
  #order: Int32Array | undefined;

  constructor(descriptor: StrategyDescriptor, part: PoolPart, values: boolean) {
    this.#descriptor = descriptor;
    this.#part = part;
    if (!values) return;
    for (const name of descriptor.signals) checkValues(`signals.${name}`, name, this.signal(name), part.ids);
  }

  get size(): number {
    return this.ids.length;
  }

  get ids(): Int32Array {
    return this.#part.ids;
  }

  /** Made where it is asked for: scores are of each sample by itself. */
  get order(): Int32Array {
    this.#order ??= ascending(this.ids);
    return this.#order;
  }

  signal(name: Signal): NdArray<'float32'> {
    const array = this.#part.signals[name];
    if (array !== undefined && this.#descriptor.signals.includes(name)) return array;
    const { name: strategy } = this.#descriptor;
    throw new AppError('internal', `${strategy} reads ${name}, which it does not declare`);
  }
}

class Pool extends Part implements CheckedPool {
  readonly labelled: KnownSamples;
  readonly validation: KnownSamples;
  readonly #known: KnownChecks;

  constructor(descriptor: StrategyDescriptor, pool: PoolView, known: KnownChecks, values: boolean) {
    super(descriptor, pool, values);
    this.labelled = known.known('labelled');
    this.validation = known.known('validation');
    this.#known = known;
  }

  classifier(): NdArray<'float32'> {
    return this.#known.classifier();
  }
}

function checkIds(ids: Int32Array): FieldViolation[] {
  if (areAscending(ids) && (ids[0] ?? 0) >= 0) return [];
  const order = ascending(ids);
  const idAt = (place: number): number => ids[order[place] as number] as number;
  if (order.length > 0 && idAt(0) < 0) {
    return [{ field: 'ids', description: `must not be negative, got ${idAt(0)}` }];
  }
  for (let place = 1; place < order.length; place++) {
    if (idAt(place) === idAt(place - 1)) {
      return [{ field: 'ids', description: `must be distinct, got ${idAt(place)} twice` }];
    }
  }
  return [];
}

function checkK(k: number, size: number): FieldViolation[] {
  if (size === 0) return [{ field: 'ids', description: 'the pool is empty: nothing is left to pick' }];
  if (Number.isInteger(k) && k >= 1 && k <= size) return [];
  const more = Number.isInteger(k) && k > size;
  const description = more
    ? `must be at most the pool's size, ${size}, got ${k}`
    : `must be an integer in [1, ${size}], got ${k}`;
  return [{ field: 'k', description }];
}
