// Balls of a given radius, or of the largest whose balls are pure: at least a share of them hold samples of one label
// only. One pass over all pairs, O(N² d): near pairs are kept while the radius is still being found, as an upper bound
// of it is known from the start and only falls.

import { type Balls, ComputedBalls, isNear, ListedBalls, PairList } from './balls.js';
import { type PairBlock, pairBlocks } from './pairs.js';
import { longest, margins, type RowSpace } from './space.js';

export interface Purity {
  /** Label of each sample. */
  readonly labels: Int32Array;
  /** The least share of balls that are pure, in (0, 1]. */
  readonly share: number;
}

export interface FoundBalls {
  readonly balls: Balls;
  /** 0 where purity was asked for and all samples have one label. */
  readonly squaredRadius: number;
}

export function findBalls(
  space: RowSpace,
  radius: { readonly squared: number } | Purity,
  progress: (fraction: number) => void,
): FoundBalls {
  const others = 'squared' in radius ? undefined : new NearestOthers(space, radius);
  const pairs = new PairList();
  for (const block of pairBlocks(space, progress)) {
    // The first block gives a bound; from there on only pairs within it matter.
    if (others !== undefined && !Number.isFinite(others.bound())) others.scan(block);
    const bound = 'squared' in radius ? radius.squared : (others?.bound() ?? 0);
    if (Number.isFinite(bound)) collect(space, block, bound, pairs, others);
    else pairs.overflow();
  }
  const squaredRadius = 'squared' in radius ? radius.squared : (others?.exact() ?? 0);
  const margin = margins(space, longest(space));
  const balls = pairs.overflown
    ? new ComputedBalls(space, squaredRadius, progress)
    : new ListedBalls(space.size, pairs, (at) => {
        const [i, j] = [pairs.first[at] as number, pairs.second[at] as number];
        return isNear(space, i, j, pairs.squared[at] as number, margin[i] as number, squaredRadius);
      });
  return { balls, squaredRadius };
}

function collect(
  space: RowSpace,
  { from, to, start, end, products }: PairBlock,
  bound: number,
  pairs: PairList,
  others: NearestOthers | undefined,
): void {
  const { squaredNorms } = space;
  const margin = margins(space, longest(space));
  const columns = end - start;
  for (let i = from; i < to; i++) {
    const own = squaredNorms[i] as number;
    const reach = bound + (margin[i] as number);
    const offset = (i - from) * columns - start;
    for (let j = Math.max(start, i + 1); j < end; j++) {
      const squared = own + (squaredNorms[j] as number) - 2 * (products[offset + j] as number);
      if (squared >= reach) continue;
      pairs.push(i, j, squared);
      others?.offer(i, j, squared);
    }
  }
}

/** Of each sample, how far the nearest with another label is; where that may matter to the radius. */
class NearestOthers {
  readonly #space: RowSpace;
  readonly #labels: Int32Array;
  /** ‖x_i - x_j‖² as products have it, within `#margins`. */
  readonly #nearest: Float64Array;
  readonly #margins: Float64Array;
  /** The radius is this one of the distances, ascending, from 0: so many balls may be impure. */
  readonly #rank: number;
  #bound: number | undefined;

  constructor(space: RowSpace, { labels, share }: Purity) {
    this.#space = space;
    this.#labels = labels;
    this.#nearest = new Float64Array(space.size).fill(Number.POSITIVE_INFINITY);
    this.#margins = margins(space, longest(space));
    this.#rank = space.size - Math.ceil(share * space.size);
  }

  scan({ from, to, start, end, products }: PairBlock): void {
    const { squaredNorms } = this.#space;
    const columns = end - start;
    for (let i = from; i < to; i++) {
      const offset = (i - from) * columns - start;
      for (let j = Math.max(start, i + 1); j < end; j++) {
        const sum = (squaredNorms[i] as number) + (squaredNorms[j] as number);
        this.offer(i, j, sum - 2 * (products[offset + j] as number));
      }
    }
  }

  offer(i: number, j: number, squared: number): void {
    if (this.#labels[i] === this.#labels[j]) return;
    this.#bound = undefined;
    if (squared < (this.#nearest[i] as number)) this.#nearest[i] = squared;
    if (squared < (this.#nearest[j] as number)) this.#nearest[j] = squared;
  }

  /** No less than the radius, squared. */
  bound(): number {
    this.#bound ??= ranked(
      this.#nearest.map((squared, i) => squared + (this.#margins[i] as number)),
      this.#rank,
    );
    return this.#bound;
  }

  exact(): number {
    const most = this.bound();
    if (!Number.isFinite(most)) return 0;
    const least = ranked(
      this.#nearest.map((squared, i) => squared - (this.#margins[i] as number)),
      this.#rank,
    );
    const distances = this.#nearest.map((squared, i) => {
      const margin = this.#margins[i] as number;
      return squared - margin > most || squared + margin < least ? squared : this.#exactNearest(i);
    });
    return ranked(distances, this.#rank);
  }

  #exactNearest(i: number): number {
    let nearest = Number.POSITIVE_INFINITY;
    for (let j = 0; j < this.#labels.length; j++) {
      if (this.#labels[j] === this.#labels[i]) continue;
      nearest = Math.min(nearest, this.#space.squaredDistance(i, j, nearest));
    }
    return nearest;
  }
}

function ranked(values: Float64Array, rank: number): number {
  return values.sort()[rank] as number;
}
