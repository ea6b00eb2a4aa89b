// Holm's step-down correction for a family of tests (Holm, A simple sequentially rejective multiple test
// procedure, 1979).

/** Adjusted p values in the order given: the running maximum, from the smallest p, of (m - rank) p, at most 1. */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues
    .map((_, index) => index)
    .sort((a, b) => (pValues[a] as number) - (pValues[b] as number));
  const adjusted = new Array<number>(pValues.length);
  let highest = 0;
  for (const [rank, index] of order.entries()) {
    highest = Math.max(highest, Math.min(1, (pValues.length - rank) * (pValues[index] as number)));
    adjusted[index] = highest;
  }
  return adjusted;
}
