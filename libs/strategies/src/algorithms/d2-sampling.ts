// D² sampling, the seeding of k-means++ (Arthur and Vassilvitskii, 2007): each centre is drawn in proportion to its
// squared distance w to the nearest centre before it. Drawn as a race: sample i fires when the time integral of its
// weight reaches b_i ~ Exp(1), and whoever fires first is next. What is left of the others' b is Exp(1) again, so one
// uniform number a sample serves for all draws, and no sum over samples is taken. Weights only fall, so a firing time
// found earlier bounds the one now: few distances are looked at, O(N d + k² d) instead of O(N k d), all in float64.

import type { CounterRandom } from '@alarena/core';
import type { Centre } from './k-center.js';
import type { Points } from './space.js';

/** The numbers drawn per sample: what it has to reach, and its place where all that is left are copies of centres. */
const BUDGET = 0;
const PLACE = 1;

/** `count` distinct samples, `first` in front; `ids` name the draws. A squared distance of 0 says it is a copy. */
export function d2Sample(
  points: Points,
  ids: Int32Array,
  count: number,
  first: number,
  draws: CounterRandom,
  progress: (fraction: number) => void,
): Centre[] {
  const race = new Race(points, ids, first, draws);
  const centres: Centre[] = [{ position: first, squaredDistance: Number.POSITIVE_INFINITY }];
  while (centres.length < count) {
    const winner = race.winner();
    if (winner === undefined) break;
    centres.push(winner);
    progress(centres.length / count);
  }
  const chosen = new Set(centres.map(({ position }) => position));
  const copies = Array.from(centres.length < count ? ids.keys() : [])
    .filter((position) => !chosen.has(position))
    .map((position) => ({ position, place: draws.uniform(ids[position] as number, PLACE) }))
    .sort((a, b) => a.place - b.place || a.position - b.position)
    .slice(0, count - centres.length)
    .map(({ position }) => ({ position, squaredDistance: 0 }));
  return [...centres, ...copies];
}

class Race {
  readonly #points: Points;
  readonly #centres: number[];
  /** When each of the centres came. */
  readonly #times = [0];
  /** Of each sample: its weight, what is left of its budget, and how many of the centres both take account of. */
  readonly #weights: Float64Array;
  readonly #budgets: Float64Array;
  readonly #seen: Int32Array;
  /** No later than it fires; infinite for copies of centres. */
  readonly #fires: Float64Array;
  /** Positions, who may fire first on top. */
  readonly #heap: Int32Array;
  #size: number;

  constructor(points: Points, ids: Int32Array, first: number, draws: CounterRandom) {
    this.#points = points;
    this.#centres = [first];
    this.#budgets = Float64Array.from(ids, (id) => -Math.log(draws.uniform(id, BUDGET)));
    const reach = points.norms[first] as number;
    // No sample is farther than both norms; a hair more, for their rounding.
    this.#fires = this.#budgets.map(
      (budget, i) => budget / (((points.norms[i] as number) + reach) ** 2 * (1 + 1e-9)),
    );
    this.#weights = new Float64Array(points.size).fill(Number.POSITIVE_INFINITY);
    this.#seen = new Int32Array(points.size);
    this.#heap = Int32Array.from(ids.keys()).filter((position) => position !== first);
    this.#size = this.#heap.length;
    for (let slot = this.#size >> 1; slot >= 0; slot--) this.#sink(slot);
  }

  /** The next centre; none where all that is left are copies of centres. */
  winner(): Centre | undefined {
    while (this.#size > 0) {
      const position = this.#heap[0] as number;
      if (this.#fires[position] === Number.POSITIVE_INFINITY) return undefined;
      if (this.#seen[position] === this.#centres.length) {
        this.#centres.push(position);
        this.#times.push(this.#fires[position] as number);
        this.#size--;
        this.#heap[0] = this.#heap[this.#size] as number;
        this.#sink(0);
        return { position, squaredDistance: this.#weights[position] as number };
      }
      this.#look(position);
      this.#sink(0);
    }
    return undefined;
  }

  /** Takes account of the centres that came since the last look. */
  #look(position: number): void {
    let weight = this.#weights[position] as number;
    let budget = this.#budgets[position] as number;
    for (let at = this.#seen[position] as number; at < this.#centres.length; at++) {
      const since = (this.#times[at] as number) - (this.#times[at - 1] ?? 0);
      if (at > 0) budget = Math.max(0, budget - weight * since);
      if (weight === 0) break;
      const centre = this.#centres[at] as number;
      weight = Math.min(weight, this.#points.squaredDistance(position, centre, weight));
    }
    this.#weights[position] = weight;
    this.#budgets[position] = budget;
    this.#seen[position] = this.#centres.length;
    const now = this.#times[this.#times.length - 1] as number;
    this.#fires[position] = weight === 0 ? Number.POSITIVE_INFINITY : now + budget / weight;
  }

  #sink(from: number): void {
    const heap = this.#heap;
    const position = heap[from] as number;
    let slot = from;
    for (;;) {
      let child = 2 * slot + 1;
      if (child >= this.#size) break;
      if (child + 1 < this.#size && this.#precedes(heap[child + 1] as number, heap[child] as number)) child++;
      if (!this.#precedes(heap[child] as number, position)) break;
      heap[slot] = heap[child] as number;
      slot = child;
    }
    heap[slot] = position;
  }

  #precedes(a: number, b: number): boolean {
    const firesA = this.#fires[a] as number;
    const firesB = this.#fires[b] as number;
    return firesA < firesB || (firesA === firesB && a < b);
  }
}
