// The pool as strategies see it, from files: whole, or in parts that follow each other by row.

import { AppError, type NdArray, ndarray } from '@alarena/core';
import { isFloat, withNpy } from '@alarena/npy';
import type {
  KnownSignal,
  KnownView,
  PoolPart,
  PoolView,
  Signal,
  StrategyDescriptor,
  Tools,
} from '@alarena/strategies';
import type { PickRequest } from './request.js';
import { readIntegers, type SampleRows, type SampleSet } from './rows.js';
import { blocks, notFinite, type SignalFiles } from './signal-file.js';

type Arrays = { [S in Signal]?: NdArray<'float32'> };

/** One part in memory at a time. */
export function* poolParts(
  files: SignalFiles,
  needed: readonly Signal[],
  samples: SampleRows,
  tools: Tools,
): Generator<PoolPart, void, undefined> {
  const used = needed.flatMap((signal) => files.get(signal) ?? []);
  const size = Math.min(1 << 20, ...used.map((file) => file.rowsAtOnce));
  let place = 0;
  for (const [from, to] of blocks(samples.total, size)) {
    const rows = Int32Array.from({ length: to - from }, (_, at) => from + at);
    const ids = rows.filter((row) => samples.setOf(row) === 'pool');
    const signals: Arrays = {};
    for (const file of used) {
      const onlyPool = file.rows !== samples.total;
      const values = onlyPool ? file.block(place, place + ids.length) : file.block(from, to);
      signals[file.signal] = onlyPool ? values : kept(values, from, ids);
    }
    place += ids.length;
    yield { ids, signals };
    tools.progress(to / samples.total);
  }
}

/** The rows `ids` of values whose first row is `from`. */
function kept(values: NdArray<'float32'>, from: number, ids: Int32Array): NdArray<'float32'> {
  const width = values.shape.at(-1) ?? 0;
  const lead = values.shape.length === 3 ? (values.shape[0] ?? 0) : 1;
  const rows = values.shape.at(-2) ?? 0;
  if (ids.length === rows) return values;
  const data = new Float32Array(lead * ids.length * width);
  for (let pass = 0; pass < lead; pass++) {
    ids.forEach((id, at) => {
      const start = (pass * rows + id - from) * width;
      data.set(values.data.subarray(start, start + width), (pass * ids.length + at) * width);
    });
  }
  return ndarray('float32', values.shape.with(-2, ids.length), data);
}

export function gatherPool(
  descriptor: StrategyDescriptor,
  request: PickRequest,
  files: SignalFiles,
  needed: readonly Signal[],
  samples: SampleRows,
): PoolView {
  const { labelledSignals, validationSignals = [] } = descriptor;
  const of: Record<SampleSet, Arrays> = { pool: {}, labelled: {}, validation: {} };
  for (const signal of needed) {
    const sets = files.get(signal)?.gather(samples);
    if (sets === undefined) continue;
    if (descriptor.signals.includes(signal)) of.pool[signal] = sets.pool;
    if (labelledSignals.some((name) => name === signal)) of.labelled[signal] = sets.labelled;
    if (validationSignals.some((name) => name === signal)) of.validation[signal] = sets.validation;
  }
  const labels = request.labels === undefined ? undefined : readLabels(request.labels, samples.total);
  const known = (set: 'labelled' | 'validation', wanted: readonly KnownSignal[]): KnownView => {
    const ids = samples.ids[set];
    const view = { ids, signals: of[set] };
    if (labels === undefined || !wanted.includes('labels')) return view;
    return { ...view, labels: labelsOf(request.labels ?? '', labels, ids) };
  };
  return {
    ids: samples.ids.pool,
    signals: of.pool,
    labelled: known('labelled', labelledSignals),
    ...(validationSignals.length > 0 && { validation: known('validation', validationSignals) }),
    ...(descriptor.classifier &&
      request.classifier !== undefined && { classifier: readClassifier(request.classifier) }),
  };
}

function readLabels(path: string, total: number): ArrayLike<number> {
  const labels = readIntegers(path);
  if (labels.length === total) return labels;
  const description = `must have the class of each of the ${total} samples (any number for those of the pool), got ${labels.length}`;
  throw AppError.invalid('an array cannot be used:', [{ field: `--labels ${path}`, description }]);
}

/** Those of the pool may be anything; these are classes. */
function labelsOf(path: string, labels: ArrayLike<number>, rows: Int32Array): Int32Array {
  return rows.map((row) => {
    const label = labels[row] as number;
    if (Number.isInteger(label) && label >= 0 && label < 2 ** 31) return label;
    const description = `must be classes from 0 on, got ${label} in row ${row}`;
    throw AppError.invalid('an array cannot be used:', [{ field: `--labels ${path}`, description }]);
  });
}

function readClassifier(path: string): NdArray<'float32'> {
  return withNpy(path, (file) => {
    const { shape, dtype } = file;
    const refuse = (description: string): AppError =>
      AppError.invalid('an array cannot be used:', [{ field: `--classifier ${path}`, description }]);
    if (!isFloat(dtype)) throw refuse(`holds ${dtype}, must hold float32`);
    const [rows = 0, width = 0] = shape;
    if (shape.length !== 2 || rows < 2 || width < 2)
      throw refuse(`must have the shape classes (at least 2) x (width + 1), got ${shape.join(' x ')}`);
    const data = file.readFloats(0, 0, rows);
    const wrong = data.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0) throw refuse(`row ${Math.floor(wrong / width)} ${notFinite(data[wrong], dtype)}`);
    return ndarray('float32', shape, data);
  });
}
