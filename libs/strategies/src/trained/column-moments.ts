// Mean and variance of each column of some rows, in two passes: no cancellation, and the same bits for the same order.

export interface ColumnMoments {
  readonly mean: Float64Array;
  /** By the number of rows, not by one less. */
  readonly variance: Float64Array;
}

/** Of these rows (at least one) of a row-major matrix of this width. */
export function columnMoments(data: Float32Array, width: number, rows: Int32Array): ColumnMoments {
  const mean = new Float64Array(width);
  for (const row of rows) {
    for (let j = 0, at = row * width; j < width; j++, at++) {
      mean[j] = (mean[j] as number) + (data[at] as number);
    }
  }
  for (let j = 0; j < width; j++) mean[j] = (mean[j] as number) / rows.length;
  const variance = new Float64Array(width);
  for (const row of rows) {
    for (let j = 0, at = row * width; j < width; j++, at++) {
      const apart = (data[at] as number) - (mean[j] as number);
      variance[j] = (variance[j] as number) + apart * apart;
    }
  }
  for (let j = 0; j < width; j++) variance[j] = (variance[j] as number) / rows.length;
  return { mean, variance };
}
