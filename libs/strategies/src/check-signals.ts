// Shapes and values of one signal, whoever's samples it is of.

import { AppError, type FieldViolation, type NdArray } from '@alarena/core';
import type { Signal, StrategyDescriptor } from './strategy.js';

/** How far a row of float32 probabilities may be from a sum of 1. */
export const SUM_TOLERANCE = 1e-3;

export function checkShape(
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

/** Every row must be finite; a row of probabilities must also be a distribution. */
export function checkValues(field: string, name: Signal, array: NdArray<'float32'>, ids: Int32Array): void {
  const { data } = array;
  const width = array.shape.at(-1) ?? 0;
  const distribution = name === 'probabilities' || name === 'monteCarlo';
  const row = distribution ? suspectDistribution(data, width) : suspectRow(data, width);
  if (row === undefined) return;
  let sum = 0;
  for (const value of data.subarray(row * width, (row + 1) * width)) {
    const fits = distribution ? value >= 0 && value <= 1 + SUM_TOLERANCE : Number.isFinite(value);
    if (!fits) refuse(field, name, ids[row % ids.length], `holds ${value}`);
    sum += value;
  }
  refuse(field, name, ids[row % ids.length], `sums to ${Number(sum.toPrecision(6))} instead of 1`);
}

// Every value of a pool goes by here before a strategy sees it, so these two loops run at the speed of memory: two values
// at a time, and no test of single ones that one of all of them can do.

/** The first row that is no distribution. */
function suspectDistribution(data: Float32Array, width: number): number | undefined {
  for (let row = 0, at = 0; at < data.length; row++) {
    const end = at + width;
    let even = 0;
    let odd = 0;
    for (; at + 1 < end; at += 2) {
      const p = data[at] as number;
      const q = data[at + 1] as number;
      if (p < 0 || q < 0) return row;
      even += p;
      odd += q;
    }
    if (at < end) {
      const p = data[at++] as number;
      if (p < 0) return row;
      even += p;
    }
    // Of no negative ones, none is above 1 by more than their sum is; NaN is not within the tolerance either.
    if (!(Math.abs(even + odd - 1) <= SUM_TOLERANCE)) return row;
  }
  return undefined;
}

/**
 * The first row with a value that is not finite: the exponent is all ones, so one more carries into the sign. Whole
 * numbers, as reading a float32 as a double takes longer.
 */
function suspectRow(data: Float32Array, width: number): number | undefined {
  const bits = new Int32Array(data.buffer, data.byteOffset, data.length);
  for (let row = 0, at = 0; at < bits.length; row++) {
    const end = at + width;
    let signs = 0;
    for (; at + 1 < end; at += 2) {
      signs |= ((bits[at] as number) & 0x7fff_ffff) + 0x80_0000;
      signs |= ((bits[at + 1] as number) & 0x7fff_ffff) + 0x80_0000;
    }
    if (at < end) signs |= ((bits[at++] as number) & 0x7fff_ffff) + 0x80_0000;
    if (signs < 0) return row;
  }
  return undefined;
}

function refuse(field: string, name: Signal, id: number | undefined, what: string): never {
  const description = `of sample ${id} ${what}`;
  throw new AppError('invalid-argument', `${name} ${description}`, {
    reason: 'BAD_SIGNAL',
    facts: { signal: name, sampleId: id ?? -1 },
    violations: [{ field, description }],
  });
}
