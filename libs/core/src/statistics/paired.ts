// Differences between two strategies over the seeds both have: the same seed means the same split, starting set
// and initial weights, so pairs are formed by seed, never by position.

import { type Interval, tInterval } from './intervals.js';
import { mean, sampleSd } from './moments.js';
import { studentTTwoSided } from './student-t.js';

export interface PairedDifference {
  /** The seeds both sides have, ascending. */
  readonly seeds: readonly number[];
  /** Of value - baseline. */
  readonly mean: number;
  /** 95 %, paired t; null for one pair. */
  readonly ci95: Interval | null;
  /** Two-sided paired t test; null for one pair. */
  readonly p: number | null;
}

/** null where no seed is shared. Differences that are all the same have p = 1 when they are 0, else p = 0. */
export function pairedDifference(
  values: ReadonlyMap<number, number>,
  baseline: ReadonlyMap<number, number>,
): PairedDifference | null {
  const seeds = [...values.keys()].filter((seed) => baseline.has(seed)).sort((a, b) => a - b);
  if (seeds.length === 0) return null;
  const differences = seeds.map((seed) => (values.get(seed) as number) - (baseline.get(seed) as number));
  return { seeds, mean: mean(differences), ci95: tInterval(differences), p: pairedP(differences) };
}

function pairedP(differences: readonly number[]): number | null {
  const n = differences.length;
  if (n < 2) return null;
  const centre = mean(differences);
  if (centre === 0) return 1;
  // A spread of 0 makes t infinite.
  return studentTTwoSided(centre / (sampleSd(differences) / Math.sqrt(n)), n - 1);
}
