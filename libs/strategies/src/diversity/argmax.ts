// The class a row of scores or probabilities predicts.

/** The index, from `offset` on, of the highest of `count` values; of equal ones the first. */
export function argmax(values: Float32Array | Float64Array, offset: number, count: number): number {
  let best = 0;
  let highest = values[offset] as number;
  for (let at = 1; at < count; at++) {
    const value = values[offset + at] as number;
    if (value > highest) {
      highest = value;
      best = at;
    }
  }
  return best;
}
