// The order of samples that no caller can choose: sums, draws and ties that must not depend on how an array happens to
// be arranged go by it.

/** Positions in ascending order of id. */
export function ascending(ids: Int32Array): Int32Array {
  const order = new Int32Array(ids.length);
  for (let position = 0; position < ids.length; position++) order[position] = position;
  return areAscending(ids) ? order : order.sort((a, b) => (ids[a] as number) - (ids[b] as number));
}

/** Each above the one before it. */
export function areAscending(ids: Int32Array): boolean {
  for (let position = 1; position < ids.length; position++) {
    if ((ids[position - 1] as number) >= (ids[position] as number)) return false;
  }
  return true;
}
