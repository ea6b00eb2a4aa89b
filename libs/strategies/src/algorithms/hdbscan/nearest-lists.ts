// The nearest others of each point, in flat arrays: `length` places a point, nearest first.

export class NearestLists {
  readonly length: number;
  /** Positions of the others; -1 where a list is not full yet. */
  readonly others: Int32Array;
  /** Squared distances; Infinity where a list is not full yet. */
  readonly squared: Float64Array;
  /** A lower bound on the squared distance of each point to all that its list lacks. */
  readonly beyond: Float64Array;

  constructor(points: number, length: number) {
    this.length = Math.min(length, Math.max(0, points - 1));
    this.others = new Int32Array(points * this.length).fill(-1);
    this.squared = new Float64Array(points * this.length).fill(Number.POSITIVE_INFINITY);
    this.beyond = new Float64Array(points).fill(Number.POSITIVE_INFINITY);
  }

  /** Puts `other` in its place and drops what was farthest. Only for what is nearer than the last place. */
  insert(point: number, other: number, squared: number): void {
    const { others, squared: distances } = this;
    const start = point * this.length;
    let at = start + this.length - 1;
    while (at > start && (distances[at - 1] as number) > squared) {
      distances[at] = distances[at - 1] as number;
      others[at] = others[at - 1] as number;
      at--;
    }
    distances[at] = squared;
    others[at] = other;
  }

  /** The squared distance in the last place. */
  last(point: number): number {
    return this.squared[(point + 1) * this.length - 1] as number;
  }
}
