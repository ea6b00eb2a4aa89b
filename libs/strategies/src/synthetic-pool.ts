// A pool with all a strategy may ask for, made from a seed: for tests only. Every fourth sample is a copy of its
// predecessor and some probabilities are 0 and 1, so that ties are common. Labels of the pool exist nowhere.

import { type NdArray, namedRandom, ndarray, type Random, shuffle } from '@alarena/core';
import { rowsAt } from './rows-at.js';
import type { KnownView, PoolPart, PoolView } from './strategy.js';

const VALIDATION = 10;
const WIDTHS = { z: 6, a0: 5, a1: 4, h: 4 } as const;

/** `passes` as many Monte-Carlo passes as the strategy needs. */
export function syntheticPool(size: number, seed: number, labelled = 3, passes = 3): Required<PoolView> {
  const random = namedRandom(seed, 'synthetic pool');
  const classes = 2 + random.below(4);
  const ids = shuffle(
    Int32Array.from({ length: size }, (_, i) => 3 * i + random.below(3)),
    random,
  );
  const probabilities = distributions(size, classes, random);
  const monteCarlo = Array.from({ length: passes }, () => distributions(size, classes, random));
  const activations = (rows: number) => ({
    z: layer(rows, WIDTHS.z, random),
    a0: layer(rows, WIDTHS.a0, random),
    a1: layer(rows, WIDTHS.a1, random),
    a2: layer(rows, classes, random),
  });
  const poolLayers = activations(size);
  const labelledLayers = activations(labelled);
  const known = (firstId: number, rows: number, layers: ReturnType<typeof activations>): KnownView => ({
    ids: Int32Array.from({ length: rows }, (_, i) => firstId + i),
    signals: {
      ...layers,
      h: layer(rows, WIDTHS.h, random),
      probabilities: ndarray('float32', [rows, classes], distributions(rows, classes, random)),
    },
    labels: Int32Array.from({ length: rows }, () => random.below(classes)),
  });
  return {
    ids,
    signals: {
      probabilities: ndarray('float32', [size, classes], probabilities),
      monteCarlo: ndarray(
        'float32',
        [passes, size, classes],
        Float32Array.from(monteCarlo.flatMap((pass) => [...pass])),
      ),
      ...poolLayers,
      h: layer(size, WIDTHS.h, random),
    },
    labelled: known(3 * size + 7, labelled, labelledLayers),
    validation: known(3 * size + labelled + 7, VALIDATION, activations(VALIDATION)),
    classifier: ndarray(
      'float32',
      [classes, WIDTHS.h + 1],
      Float32Array.from({ length: classes * (WIDTHS.h + 1) }, () => random.normal()),
    ),
  };
}

/** The same pool and the same known sets with their rows in other orders. */
export function permuted(pool: PoolView, random: Random): PoolView {
  const { labelled, validation } = pool;
  return {
    ...rowsAt(pool, permutation(pool.ids.length, random)),
    ...(labelled && { labelled: rowsAt(labelled, permutation(labelled.ids.length, random)) }),
    ...(validation && { validation: rowsAt(validation, permutation(validation.ids.length, random)) }),
  };
}

/** The pool cut into parts, some of them empty, each in an order of its own. */
export function partsOf(pool: PoolView, random: Random): PoolPart[] {
  const order = permutation(pool.ids.length, random);
  const parts: PoolPart[] = [];
  for (let start = 0; start < order.length; ) {
    const end = start + random.below(8);
    parts.push(rowsAt(pool, order.subarray(start, end)));
    start = end;
  }
  return parts;
}

function distributions(size: number, classes: number, random: Random): Float32Array {
  const logits = withCopies(size, classes, () => 3 * random.normal());
  const result = new Float32Array(size * classes);
  for (let row = 0; row < size; row++) {
    const from = row * classes;
    const weights = Array.from(logits.subarray(from, from + classes), (x) => Math.exp(x));
    const sum = weights.reduce((a, b) => a + b, 0);
    const certain = row % 7 === 6;
    for (let c = 0; c < classes; c++) {
      result[from + c] = certain ? Number(c === row % classes) : (weights[c] as number) / sum;
    }
  }
  return result;
}

function layer(rows: number, width: number, random: Random): NdArray<'float32'> {
  return ndarray(
    'float32',
    [rows, width],
    withCopies(rows, width, () => Math.max(0, random.normal())),
  );
}

function withCopies(size: number, width: number, draw: () => number): Float32Array {
  const values = Float32Array.from({ length: size * width }, draw);
  for (let row = 3; row < size; row += 4) values.copyWithin(row * width, (row - 1) * width, row * width);
  return values;
}

function permutation(length: number, random: Random): Int32Array {
  return shuffle(
    Int32Array.from({ length }, (_, i) => i),
    random,
  );
}
