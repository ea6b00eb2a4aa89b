// "Did you mean …?": the known name nearest to a mistyped one, by optimal string alignment distance (insert,
// delete, replace and swap of neighbours cost 1 each). Case does not count, nor does `-` against `_`.

/**
 * The candidate nearest to `name`, or undefined when none is near enough to be what was meant: more than two
 * fifths of the name's characters (at least one) would have to change. A candidate that `name` begins, or that
 * begins `name`, counts as near. Ties go to the earlier candidate.
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = fold(name);
  if (wanted === '') return undefined;
  const limit = Math.max(1, Math.floor(wanted.length * 0.4));
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const known = fold(candidate);
    let distance = editDistance(wanted, known);
    if (distance > limit && isPrefix(wanted, known)) distance = limit;
    if (distance <= limit && distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** `; did you mean "margin"?` or an empty string: to be appended to a message that refuses `name`. */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  const candidate = nearest(name, candidates);
  return candidate === undefined ? '' : `; did you mean "${candidate}"?`;
}

function fold(name: string): string {
  return name.trim().toLowerCase().replaceAll('-', '_');
}

/** Three characters at least, so that a single letter does not match whatever it begins. */
function isPrefix(a: string, b: string): boolean {
  return Math.min(a.length, b.length) >= 3 && (a.startsWith(b) || b.startsWith(a));
}

function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) cost = Math.min(cost, at(beforeLast, j - 2) + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] as number;
}
