// The shortest known edge out of each component, by (mutual reachability, plain distance, lower end, higher end): a
// strict order, so that the tree depends neither on the order of the search nor on how distances were bounded.

export class BestEdges {
  /** By component: squared mutual reachability (Infinity: no edge), squared distance, ends inside and outside. */
  readonly weight: Float64Array;
  readonly squared: Float64Array;
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** The point at each position: ends are positions, but the order goes by points. */
  readonly #points: Int32Array;

  constructor(points: Int32Array) {
    this.#points = points;
    this.weight = new Float64Array(points.length);
    this.squared = new Float64Array(points.length);
    this.from = new Int32Array(points.length);
    this.to = new Int32Array(points.length);
  }

  reset(): void {
    this.weight.fill(Number.POSITIVE_INFINITY);
    this.squared.fill(Number.POSITIVE_INFINITY);
  }

  /** Whether an edge at least this long may still be shorter than the component's, or as long. */
  admits(component: number, weight: number, squared: number): boolean {
    const best = this.weight[component] as number;
    return weight < best || (weight === best && squared <= (this.squared[component] as number));
  }

  /** Takes the edge if it is shorter than the component's. */
  offer(component: number, weight: number, squared: number, from: number, to: number): void {
    if (!this.admits(component, weight, squared)) return;
    const equal = weight === this.weight[component] && squared === this.squared[component];
    if (equal && weight !== Number.POSITIVE_INFINITY && !this.#precedes(component, from, to)) return;
    this.weight[component] = weight;
    this.squared[component] = squared;
    this.from[component] = from;
    this.to[component] = to;
  }

  #precedes(component: number, from: number, to: number): boolean {
    const points = this.#points;
    const [a, b] = [points[from] as number, points[to] as number];
    const [c, d] = [
      points[this.from[component] as number] as number,
      points[this.to[component] as number] as number,
    ];
    const byLower = Math.min(a, b) - Math.min(c, d);
    return byLower < 0 || (byLower === 0 && Math.max(a, b) < Math.max(c, d));
  }
}
