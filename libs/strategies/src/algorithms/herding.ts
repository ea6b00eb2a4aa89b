// Greedy kernel coverage: each pick raises most the weighted sum over samples j of max over centres c of
// K(x_j, c) = exp(-‖x_j - c‖² / h²). Gains only fall from pick to pick, so one found earlier bounds one now and few are
// found again (Minoux, Accelerated greedy algorithms, 1978). Gains are bounded by float32 products, and found in float64
// where two bounds overlap.

import { Columns } from './columns.js';
import { NearestCentre } from './nearest-centre.js';
import { type PairBlock, pairBlocks } from './pairs.js';
import { longest, margins, type RowSpace } from './space.js';

export interface HerdingPick {
  readonly position: number;
  /** By how much the weighted sum rose, float64. */
  readonly gain: number;
}

export interface HerdingOptions {
  /** What covering each sample is worth, not negative. */
  readonly weights: Float64Array;
  /** h of the kernel. */
  readonly radius: number;
  /** Samples that cover already. */
  readonly outside?: RowSpace;
  readonly progress: (fraction: number) => void;
}

/** Candidates whose gains are found together. */
const BATCH = 64;

/** What float64 may move a gain by: relatively, and beside the sum of weights. */
const ROUNDING = 1e-9;
const CANCELLATION = 1e-14;

/** Products that move a kernel by less than this factor do so by it; others are taken into the exponent. */
const SMALL_FACTOR = 2;

/** `count` picks, in order, ties to the lower position. O(N² d). */
export function herd(space: RowSpace, count: number, options: HerdingOptions): HerdingPick[] {
  const herding = new Herding(space, options);
  const picks: HerdingPick[] = [];
  while (picks.length < count) {
    picks.push(herding.pick(count - picks.length));
    options.progress(1 / 2 + picks.length / count / 2);
  }
  return picks;
}

class Herding {
  readonly #space: RowSpace;
  readonly #weights: Float64Array;
  readonly #squaredRadius: number;
  readonly #slack: number;
  readonly #nearest: NearestCentre;
  readonly #columns: Columns;
  readonly #margins: Float64Array;
  readonly #factors: Float64Array;
  /** Bounds of the highest kernel with a centre, of each sample. */
  #coverLow = new Float64Array(0);
  #coverHigh = new Float64Array(0);
  /** Bounds of each gain: `#upper` at all times, `#lower` where `#fresh`. -1 of what is picked. */
  readonly #lower: Float64Array;
  readonly #upper: Float64Array;
  readonly #fresh: Uint8Array;
  #nothingLeft = false;

  constructor(space: RowSpace, { weights, radius, outside, progress }: HerdingOptions) {
    this.#space = space;
    this.#weights = weights;
    this.#squaredRadius = radius ** 2;
    this.#slack = CANCELLATION * weights.reduce((sum, weight) => sum + weight, 0);
    this.#nearest = new NearestCentre(space);
    this.#columns = new Columns(space);
    this.#margins = margins(space, longest(space));
    this.#factors = this.#margins.map((margin) => Math.exp(margin / this.#squaredRadius));
    this.#lower = new Float64Array(space.size);
    this.#upper = new Float64Array(space.size);
    this.#fresh = new Uint8Array(space.size).fill(1);
    if (outside !== undefined && outside.size > 0) this.#nearest.addOutside(space, outside);
    this.#cover();
    for (const block of pairBlocks(space, (part) => progress(part / 2))) this.#addBlock(block);
  }

  pick(left: number): HerdingPick {
    const best = this.#nothingLeft ? this.#next() : this.#best();
    if (best.gain === 0) this.#nothingLeft = true;
    else this.#nearest.add(best.position, this.#columns.take(best.position, this.#upper, left));
    this.#cover();
    this.#fresh.fill(0);
    this.#upper[best.position] = -1;
    this.#lower[best.position] = -1;
    return best;
  }

  #best(): HerdingPick {
    const reached = this.#refresh();
    let best: HerdingPick = { position: -1, gain: -1 };
    for (let i = 0; i < this.#upper.length; i++) {
      const bound = (this.#upper[i] as number) * (1 + ROUNDING) + this.#slack;
      if ((this.#upper[i] as number) < 0 || bound < reached || bound < best.gain) continue;
      const gain = this.#exactGain(i);
      if (gain > best.gain) best = { position: i, gain };
    }
    return best;
  }

  /** Once the best gain is 0, all are, and stay so. */
  #next(): HerdingPick {
    return { position: this.#upper.findIndex((bound) => bound >= 0), gain: 0 };
  }

  /** Finds gains again, the highest bounds first, until none that is older can be the highest; what is surely reached. */
  #refresh(): number {
    for (;;) {
      let reached = 0;
      for (let i = 0; i < this.#lower.length; i++) {
        if (this.#fresh[i] === 1 && (this.#lower[i] as number) > reached) reached = this.#lower[i] as number;
      }
      const older = Array.from(this.#upper.keys())
        .filter((i) => this.#fresh[i] === 0 && (this.#upper[i] as number) >= reached)
        .sort((a, b) => (this.#upper[b] as number) - (this.#upper[a] as number))
        .slice(0, BATCH);
      if (older.length === 0) return reached * (1 - ROUNDING) - this.#slack;
      const { size } = this.#space;
      const products = this.#space.products(older);
      older.forEach((i, row) => {
        this.#lower[i] = 0;
        this.#upper[i] = 0;
        this.#fresh[i] = 1;
        for (let j = 0; j < size; j++) {
          const squared = this.#squared(i, j, products[row * size + j] as number);
          if (this.#mayGain(i, j, squared)) this.#gain(i, j, this.#high(i, squared), this.#low(i, squared));
        }
      });
    }
  }

  #addBlock({ from, to, start, end, products }: PairBlock): void {
    const columns = end - start;
    for (let i = from; i < to; i++) {
      const offset = (i - from) * columns - start;
      for (let j = Math.max(start, i); j < end; j++) {
        const squared = this.#squared(i, j, products[offset + j] as number);
        const forward = this.#mayGain(i, j, squared);
        const backward = j !== i && this.#mayGain(j, i, squared);
        if (!forward && !backward) continue;
        const [high, low] = [this.#high(i, squared), this.#low(i, squared)];
        if (forward) this.#gain(i, j, high, low);
        if (backward) this.#gain(j, i, high, low);
      }
    }
  }

  #squared(i: number, j: number, product: number): number {
    const { squaredNorms } = this.#space;
    return Math.max(0, (squaredNorms[i] as number) + (squaredNorms[j] as number) - 2 * product);
  }

  /** Not where sample j is surely no nearer to centre i than to one there is. */
  #mayGain(i: number, j: number, squared: number): boolean {
    return squared - (this.#margins[i] as number) < (this.#nearest.upper[j] as number);
  }

  #high(i: number, squared: number): number {
    const factor = this.#factors[i] as number;
    if (factor < SMALL_FACTOR) return Math.min(1, Math.exp(-squared / this.#squaredRadius) * factor);
    return Math.exp(-Math.max(0, squared - (this.#margins[i] as number)) / this.#squaredRadius);
  }

  #low(i: number, squared: number): number {
    return Math.exp(-(squared + (this.#margins[i] as number)) / this.#squaredRadius);
  }

  /** Adds what centre i gains at sample j, their kernel being within bounds, to those of its gain. */
  #gain(i: number, j: number, high: number, low: number): void {
    const weight = this.#weights[j] as number;
    const most = high - (this.#coverLow[j] as number);
    const least = low - (this.#coverHigh[j] as number);
    if (most > 0) this.#upper[i] = (this.#upper[i] as number) + weight * most;
    if (least > 0) this.#lower[i] = (this.#lower[i] as number) + weight * least;
  }

  #exactGain(i: number): number {
    const { upper } = this.#nearest;
    let gain = 0;
    for (let j = 0; j < this.#weights.length; j++) {
      const bound = upper[j] as number;
      // Less than 0: j is a centre.
      if (bound <= 0) continue;
      const squared = this.#space.squaredDistance(i, j, bound);
      if (squared >= bound) continue;
      const covered = bound === Number.POSITIVE_INFINITY ? 0 : this.#kernel(this.#nearest.exact(j));
      gain += (this.#weights[j] as number) * Math.max(0, this.#kernel(squared) - covered);
    }
    this.#lower[i] = gain;
    this.#upper[i] = gain;
    return gain;
  }

  #kernel(squared: number): number {
    return Math.exp(-Math.max(0, squared) / this.#squaredRadius);
  }

  #cover(): void {
    this.#coverLow = this.#nearest.upper.map((squared) => this.#kernel(squared));
    this.#coverHigh = this.#nearest.lower.map((squared) => this.#kernel(squared));
  }
}
