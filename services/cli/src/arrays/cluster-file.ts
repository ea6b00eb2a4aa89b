// HDBSCAN and GLOSH on the rows of one NPY file, in the process that calls it.

import { AppError, ndarray } from '@alarena/core';
import { isFloat, withNpy } from '@alarena/npy';
import { hdbscan, type Tools } from '@alarena/strategies';
import { blocks, notFinite } from './signal-file.js';

export interface ClusterRequest {
  readonly file: string;
  readonly minClusterSize: number;
  readonly minSamples: number;
}

export interface ClusterResult {
  readonly rows: number;
  readonly width: number;
  readonly clusters: number;
  /** -1: noise. */
  readonly labels: Int32Array;
  readonly probabilities: Float64Array;
  readonly glosh: Float64Array;
  readonly persistence: Float64Array;
  readonly notes: readonly string[];
  /** Of reading and clustering. */
  readonly seconds: number;
}

const BLOCK_VALUES = 1 << 22;

export function clusterFile(
  { file, minClusterSize, minSamples }: ClusterRequest,
  tools: Tools,
): ClusterResult {
  const started = performance.now();
  const { x, notes } = readRows(file);
  const [rows = 0, width = 0] = x.shape;
  const refuse = (field: string, description: string): AppError =>
    AppError.invalid('hdbscan cannot cluster:', [{ field, description }]);
  if (rows < 2 || width < 1)
    throw refuse(file, `must have two rows at least, and a value in each, got ${rows} x ${width}`);
  if (minSamples >= rows)
    notes.push(`${minSamples} as --min-samples: there are ${rows - 1} other rows, used that`);
  if (minClusterSize > rows)
    notes.push(`--min-cluster-size ${minClusterSize}: there are ${rows} rows, so there can be no cluster`);
  const clustering = hdbscan(x, { minClusterSize, minSamples: Math.min(minSamples, rows - 1) }, tools);
  return { ...{ rows, width, notes }, ...clustering, seconds: (performance.now() - started) / 1000 };
}

function readRows(file: string) {
  return withNpy(file, (array) => {
    const { dtype, shape } = array;
    const refuse = (description: string): AppError =>
      AppError.invalid('an array cannot be used:', [{ field: file, description }]);
    if (!isFloat(dtype))
      throw refuse(`holds ${dtype}; it must hold float32: np.save(file, x.astype(np.float32))`);
    if (shape.length !== 2)
      throw refuse(`must have the shape rows x width, got ${shape.join(' x ') || 'a single number'}`);
    const [rows = 0, width = 0] = shape;
    const data = new Float32Array(rows * width);
    for (const [from, to] of blocks(rows, Math.max(1, Math.floor(BLOCK_VALUES / Math.max(1, width))))) {
      const values = array.readFloats(0, from, to);
      const bad = values.findIndex((value) => !Number.isFinite(value));
      if (bad >= 0) throw refuse(`row ${from + Math.floor(bad / width)} ${notFinite(values[bad], dtype)}`);
      data.set(values, from * width);
    }
    const notes = dtype === 'float32' ? [] : [`${file}: ${dtype}, taken as float32`];
    return { x: ndarray('float32', shape, data), notes };
  });
}
