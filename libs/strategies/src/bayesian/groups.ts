// Configurations in groups of like ones. Entropy is concave: what a sample is expected to add given the group alone is an
// upper bound of what it adds given the configuration, at a fraction of the work, and the nearer the more alike a
// group's posteriors are. Groups are halved where their posteriors vary most, at the mean, as in a k-d tree.

import { Configurations } from './configurations.js';
import { inFours } from './expected-entropy.js';

interface Group {
  /** Its configurations stand from `from` to `to` in the order. */
  readonly from: number;
  readonly to: number;
  readonly weight: number;
  /** Σ_m w_m posterior_m. */
  readonly sums: Float64Array;
  /** The pass whose weights vary most, and w · variance of them. */
  readonly pass: number;
  scatter: number;
}

export function grouped(all: Configurations, count: number): Configurations {
  const { size, passes, posteriors } = all;
  const order = Int32Array.from({ length: size }, (_, m) => m);
  const groups = [groupOf(all, order, 0, size)];
  while (groups.length < count) {
    const widest = groups.reduce((a, b) => (b.scatter > a.scatter ? b : a));
    if (!(widest.scatter > 0)) break;
    const mean = (widest.sums[widest.pass] as number) / widest.weight;
    const isLow = (m: number) => (posteriors[m * passes + widest.pass] as number) <= mean;
    const middle = partition(order, widest.from, widest.to, isLow);
    if (middle === widest.from || middle === widest.to) {
      widest.scatter = 0;
      continue;
    }
    groups[groups.indexOf(widest)] = groupOf(all, order, widest.from, middle);
    groups.push(groupOf(all, order, middle, widest.to));
  }
  const rows = inFours(groups.length);
  const means = new Configurations(
    groups.length,
    passes,
    new Float64Array(rows),
    new Float64Array(rows * passes),
  );
  groups.forEach(({ weight, sums }, g) => {
    means.weights[g] = weight;
    for (let pass = 0; pass < passes; pass++) {
      means.posteriors[g * passes + pass] = (sums[pass] as number) / weight;
    }
  });
  return means;
}

function groupOf(
  { passes, posteriors, weights }: Configurations,
  order: Int32Array,
  from: number,
  to: number,
): Group {
  const sums = new Float64Array(passes);
  const squares = new Float64Array(passes);
  let weight = 0;
  for (let at = from; at < to; at++) {
    const m = order[at] as number;
    const w = weights[m] as number;
    weight += w;
    for (let pass = 0, row = m * passes; pass < passes; pass++, row++) {
      const posterior = posteriors[row] as number;
      sums[pass] = (sums[pass] as number) + w * posterior;
      squares[pass] = (squares[pass] as number) + w * posterior * posterior;
    }
  }
  let widest = { pass: 0, scatter: 0 };
  for (let pass = 0; pass < passes; pass++) {
    const sum = sums[pass] as number;
    const scatter = (squares[pass] as number) - (sum * sum) / weight;
    if (scatter > widest.scatter) widest = { pass, scatter };
  }
  return { from, to, weight, sums, ...widest, scatter: to - from > 1 ? widest.scatter : 0 };
}

/** Moves those for which `isLow` holds to the front; returns where the others begin. */
function partition(order: Int32Array, from: number, to: number, isLow: (m: number) => boolean): number {
  let middle = from;
  for (let at = from; at < to; at++) {
    const m = order[at] as number;
    if (!isLow(m)) continue;
    order[at] = order[middle] as number;
    order[middle++] = m;
  }
  return middle;
}
