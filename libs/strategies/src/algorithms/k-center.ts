// Greedy k-center (Gonzalez, Clustering to minimize the maximum intercluster distance, 1985): again and again the sample
// farthest from its nearest centre, ties to the lower position.

import { Columns } from './columns.js';
import type { NearestCentre } from './nearest-centre.js';
import type { Space } from './space.js';

export interface Centre {
  readonly position: number;
  /** Squared distance to the nearest centre before it, in float64; infinite for the first of all. */
  readonly squaredDistance: number;
}

/**
 * Picks `count` samples, in order, `first` (if given) in front. `nearest` holds the centres there are already and takes
 * the new ones; where there are none, `first` is needed.
 */
export function kCenter(
  space: Space,
  nearest: NearestCentre,
  count: number,
  progress: (fraction: number) => void,
  first?: number,
): Centre[] {
  const columns = new Columns(space);
  const centres: Centre[] = [];
  while (centres.length < count) {
    const centre =
      first !== undefined && centres.length === 0
        ? { position: first, squaredDistance: Number.POSITIVE_INFINITY }
        : farthest(nearest);
    nearest.add(centre.position, columns.take(centre.position, nearest.upper, count - centres.length));
    centres.push(centre);
    progress(centres.length / count);
  }
  return centres;
}

function farthest(nearest: NearestCentre): Centre {
  const { lower, upper } = nearest;
  let reached = 0;
  for (let position = 0; position < lower.length; position++) {
    const bound = lower[position] as number;
    if (bound > reached) reached = bound;
  }
  let best: Centre = { position: -1, squaredDistance: -1 };
  for (let position = 0; position < upper.length; position++) {
    const bound = upper[position] as number;
    if (bound < reached || bound <= best.squaredDistance) continue;
    const squaredDistance = nearest.exact(position);
    if (squaredDistance > best.squaredDistance) best = { position, squaredDistance };
  }
  return best;
}
