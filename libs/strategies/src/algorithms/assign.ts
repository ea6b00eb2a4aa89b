// The nearest of a set of points for every sample: by float32 products where the gap is larger than their error, by
// float64 distances else. Ties go to the lower index of the point.

import { BLOCK_VALUES, FLOAT64_ERROR, longest, type RowSpace } from './space.js';

/** Index of the nearest row of `points` for each row of `space`. O(N K d). */
export function assign(space: RowSpace, points: RowSpace): Int32Array {
  const nearest = new Int32Array(space.size);
  const block = Math.max(1, Math.floor(BLOCK_VALUES / 4 / Math.max(1, points.size)));
  for (let from = 0; from < space.size; from += block) {
    assignBlock(space, points, from, Math.min(from + block, space.size), nearest);
  }
  return nearest;
}

function assignBlock(space: RowSpace, points: RowSpace, from: number, to: number, nearest: Int32Array): void {
  const count = to - from;
  const products = space.productsWith(points, { from: 0, to: points.size }, { from, to });
  // Of ‖c‖² - 2 x·c, which is lowest for the nearest c.
  const least = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  const second = least.slice();
  for (let c = 0; c < points.size; c++) {
    const squared = points.squaredNorms[c] as number;
    const offset = c * count;
    for (let i = 0; i < count; i++) {
      const value = squared - 2 * (products[offset + i] as number);
      if (value >= (second[i] as number)) continue;
      if (value < (least[i] as number)) {
        second[i] = least[i] as number;
        least[i] = value;
        nearest[from + i] = c;
      } else second[i] = value;
    }
  }
  const far = longest(points);
  for (let i = 0; i < count; i++) {
    const squared = space.squaredNorms[from + i] as number;
    // How far apart two values must be to tell which is lower.
    const margin = 4 * space.error * Math.sqrt(squared * far) + 4 * FLOAT64_ERROR * (squared + far);
    const reach = (least[i] as number) + margin;
    if ((second[i] as number) > reach) continue;
    let shortest = Number.POSITIVE_INFINITY;
    for (let c = 0; c < points.size; c++) {
      const value = (points.squaredNorms[c] as number) - 2 * (products[c * count + i] as number);
      if (value > reach) continue;
      const distance = space.squaredDistanceTo(points, from + i, c, shortest);
      if (distance >= shortest) continue;
      shortest = distance;
      nearest[from + i] = c;
    }
  }
}

/** Squared distance of each row of `space` to the row of `points` it is assigned to, in float64. */
export function distancesTo(space: RowSpace, points: RowSpace, assigned: Int32Array): Float64Array {
  return Float64Array.from(assigned, (point, i) => space.squaredDistanceTo(points, i, point));
}
