// The edge of every strategy: refuses what no model gives before an algorithm sees it, naming what is wrong, and
// hands the algorithm only the signals its descriptor declares.

import { AppError, type FieldViolation, type NdArray } from '@alarena/core';
import type { LayerSignal, PoolView, Signal, StrategyDescriptor } from './strategy.js';

/** A pool whose ids, shapes and values have been checked. */
export interface CheckedPool {
  readonly size: number;
  readonly ids: Int32Array;
  /** Positions in ascending order of id: whatever depends on an order goes by this one. */
  readonly order: Int32Array;
  readonly labelledSize: number;
  /** A declared signal: N rows, or T x N rows for `monteCarlo`. */
  signal(name: Signal): NdArray<'float32'>;
  /** A declared signal of the labelled set: `labelledSize` rows. */
  labelledSignal(name: LayerSignal): NdArray<'float32'>;
}

/** How far a row of float32 probabilities may be from a sum of 1. */
const SUM_TOLERANCE = 1e-3;
/** How far above 1 rounding may carry a single probability. */
const ROUNDING = 1e-6;

export function checkPool(descriptor: StrategyDescriptor, pool: PoolView, k: number): CheckedPool {
  const { ids, signals, labelled } = pool;
  const order = ascending(ids);
  const violations = [...checkIds(ids, order), ...checkK(k, ids.length)];
  for (const name of descriptor.signals) {
    violations.push(...checkShape(descriptor, `signals.${name}`, name, signals[name], ids.length));
  }
  if (descriptor.labelledSignals.length > 0 && labelled === undefined) {
    const description = `${descriptor.name} measures against the labelled set; give an empty one where there is none`;
    violations.push({ field: 'labelled', description });
  }
  const labelledSize = labelled?.ids.length ?? 0;
  for (const name of labelledSize > 0 ? descriptor.labelledSignals : []) {
    const array = labelled?.signals[name];
    const found = checkShape(descriptor, `labelled.signals.${name}`, name, array, labelledSize);
    const [width, poolWidth] = [array?.shape[1], signals[name]?.shape[1]];
    if (found.length === 0 && width !== poolWidth) {
      const description = `must be as wide as the pool's (${poolWidth}), got ${width}`;
      found.push({ field: `labelled.signals.${name}`, description });
    }
    violations.push(...found);
  }
  if (violations.length > 0) throw AppError.invalid(`${descriptor.name} cannot pick:`, violations);

  const signal = (name: Signal): NdArray<'float32'> =>
    declared(descriptor, descriptor.signals, name, signals[name]);
  const labelledSignal = (name: LayerSignal): NdArray<'float32'> =>
    declared(descriptor, descriptor.labelledSignals, name, labelled?.signals[name]);
  for (const name of descriptor.signals) checkValues(name, signal(name), ids);
  if (labelled !== undefined && labelledSize > 0) {
    for (const name of descriptor.labelledSignals) checkValues(name, labelledSignal(name), labelled.ids);
  }
  return { size: ids.length, ids, order, labelledSize, signal, labelledSignal };
}

function ascending(ids: Int32Array): Int32Array {
  const order = Int32Array.from(ids, (_, position) => position);
  const sorted = ids.every((id, position) => position === 0 || (ids[position - 1] as number) <= id);
  return sorted ? order : order.sort((a, b) => (ids[a] as number) - (ids[b] as number));
}

function checkIds(ids: Int32Array, order: Int32Array): FieldViolation[] {
  let previous: number | undefined;
  for (const position of order) {
    const id = ids[position] as number;
    if (id < 0) return [{ field: 'ids', description: `must not be negative, got ${id}` }];
    if (id === previous) return [{ field: 'ids', description: `must be distinct, got ${id} twice` }];
    previous = id;
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

function checkShape(
  descriptor: StrategyDescriptor,
  field: string,
  name: Signal,
  array: NdArray<'float32'> | undefined,
  rows: number,
): FieldViolation[] {
  if (array === undefined) return [{ field, description: `${descriptor.name} needs it, and it is missing` }];
  const { shape } = array;
  const passes = name === 'monteCarlo' ? [shape[0] ?? 0] : [];
  const width = shape[passes.length + 1] ?? 0;
  const leastWidth = name === 'probabilities' || name === 'monteCarlo' ? 2 : 1;
  const fits =
    shape.length === passes.length + 2 &&
    shape[passes.length] === rows &&
    width >= leastWidth &&
    passes.every((count) => count >= 1);
  if (fits) return [];
  const want = `${passes.length > 0 ? 'passes x ' : ''}${rows} x ${leastWidth === 2 ? 'classes (at least 2)' : 'width'}`;
  return [{ field, description: `must have the shape ${want}, got ${shape.join(' x ')}` }];
}

function declared<S extends Signal>(
  descriptor: StrategyDescriptor,
  names: readonly S[],
  name: S,
  array: NdArray<'float32'> | undefined,
): NdArray<'float32'> {
  if (array !== undefined && names.includes(name)) return array;
  throw new AppError('internal', `${descriptor.name} reads ${name}, which it does not declare`);
}

/** Every row must be finite; a row of probabilities must also be a distribution. */
function checkValues(name: Signal, array: NdArray<'float32'>, ids: Int32Array): void {
  const { data } = array;
  const width = array.shape.at(-1) ?? 0;
  const isDistribution = name === 'probabilities' || name === 'monteCarlo';
  for (let row = 0; row * width < data.length; row++) {
    let sum = 0;
    for (let at = row * width; at < (row + 1) * width; at++) {
      const value = data[at] as number;
      const fits = isDistribution ? value >= 0 && value <= 1 + ROUNDING : Number.isFinite(value);
      if (!fits) refuse(name, ids[row % ids.length], `holds ${value}`);
      sum += value;
    }
    if (isDistribution && Math.abs(sum - 1) > SUM_TOLERANCE) {
      refuse(name, ids[row % ids.length], `sums to ${Number(sum.toPrecision(6))} instead of 1`);
    }
  }
}

function refuse(name: Signal, id: number | undefined, what: string): never {
  const description = `of sample ${id} ${what}`;
  throw new AppError('invalid-argument', `${name} ${description}`, {
    reason: 'BAD_SIGNAL',
    facts: { signal: name, sampleId: id ?? -1 },
    violations: [{ field: `signals.${name}`, description }],
  });
}
