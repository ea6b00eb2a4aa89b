// What `counterRandom` draws mean, beside those of `d2Sample` and `kMeans` (0, 1 and 2): each purpose has its own, and
// `masks` all from it on.

import type { CounterRandom } from '@alarena/core';

export const DRAW = { subset: 3, fill: 4, member: 5, part: 6, masks: 7 } as const;

/** The `count` positions whose draws are lowest, ascending by draw: a uniform choice without replacement. */
export function drawn(
  positions: readonly number[],
  ids: Int32Array,
  count: number,
  draws: CounterRandom,
  purpose: number,
): number[] {
  return positions
    .map((position) => ({ position, draw: draws.uniform(ids[position] as number, purpose) }))
    .sort((a, b) => a.draw - b.draw || (ids[a.position] as number) - (ids[b.position] as number))
    .slice(0, count)
    .map(({ position }) => position);
}
