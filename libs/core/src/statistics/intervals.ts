// Mean of a few values with a two-sided Student t interval.

import { mean, sampleSd } from './moments.js';
import { studentTQuantile } from './student-t.js';

export type Interval = readonly [low: number, high: number];

/** mean ± t_(1+level)/2,n-1 · sd / √n, or null for fewer than two values: one seed has no interval. */
export function tInterval(values: readonly number[], level = 0.95): Interval | null {
  const n = values.length;
  if (n < 2) return null;
  const half = (studentTQuantile((1 + level) / 2, n - 1) * sampleSd(values)) / Math.sqrt(n);
  const centre = mean(values);
  return [centre - half, centre + half];
}
